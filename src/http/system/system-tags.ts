// The headings under which the description of the API shows the routes of this server that are not Liberty's.

export const SYSTEM_TAGS = [
  { name: 'server', description: 'What this server is, and how it is.' },
  { name: 'applications', description: 'What is installed, and whether a job definition is sound.' },
  { name: 'executions', description: 'What an operator does to a job execution beside stopping it.' },
  {
    name: 'purges',
    description: 'Purges of many that are looked at before they are done, and what none may take.'
  },
  { name: 'definitions', description: 'Job definitions: a JSL under a name, in versions that never change.' },
  { name: 'schedules', description: 'When definitions run by themselves.' },
  { name: 'runs', description: 'Job instances, and where they came from.' },
  { name: 'pipelines', description: 'Job definitions as pipelines, their runs as batches.' },
  { name: 'bulk jobs', description: 'One operation over the objects of a manifest.' },
  { name: 'explain', description: 'Why something waits.' },
  { name: 'audit', description: 'Who did what, in rows that are not changed unnoticed.' },
  { name: 'events', description: 'What happens, as it happens.' }
] as const

export type SystemTag = (typeof SYSTEM_TAGS)[number]['name']
