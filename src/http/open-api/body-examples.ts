// What each operation may be sent, so that the page at /docs has something to begin with that the server takes.

const JSL = `<job id="hello" xmlns="https://jakarta.ee/xml/ns/jakartaee" version="2.0">
  <step id="only"><batchlet ref="simpleBatchlet"/></step>
</job>`

const SUBMISSION = {
  applicationName: 'SimpleBatchJob',
  jobXMLName: 'test_sleepyBatchlet',
  jobParameters: { 'sleep.time.seconds': '10' }
}
const RESTART = { jobParameters: { 'sleep.time.seconds': '1' } }

const SCHEDULE = {
  label: 'Sales, every night',
  parameters: { region: 'US' },
  when: { cron: '30 2 * * mon-fri' },
  timeZone: 'Europe/Paris',
  overlap: 'skip',
  missed: 'once'
}

const TAGS = [{ key: 'team', value: 'billing' }]

/** By operation, without the version that an id of Liberty's API ends in. */
const JSON_BODIES: Readonly<Record<string, unknown>> = {
  submitJob: SUBMISSION,
  changeJobInstance: RESTART,
  changeJobExecution: RESTART,
  abandonExecution: { reason: 'the file was wrong' },
  forceEndExecution: { batchStatus: 'FAILED', reason: 'it has hung since midnight' },
  placeHold: { reason: 'audit of November' },
  changeExecutionPriority: { priority: 9 },
  validateJsl: { jsl: JSL, application: 'SimpleBatchJob' },
  createDefinition: {
    name: 'sales',
    description: 'Two steps, one after the other.',
    application: 'SimpleBatchJob',
    jobXMLName: 'test_twoSteps',
    parameters: { region: { default: 'EU', required: false, secret: false, description: 'Of the sales.' } }
  },
  describeDefinition: { description: 'Two steps, one after the other.' },
  createDefinitionVersion: { jobXMLName: 'test_twoSteps' },
  runDefinition: { parameters: { region: 'US' } },
  createSchedule: { name: 'nightly', definition: 'sales', ...SCHEDULE },
  editSchedule: SCHEDULE,
  runSchedule: { parameters: { region: 'US' } },
  previewTimes: { when: { cron: '30 2 * * sun' }, timeZone: 'Europe/Paris', count: 10 },
  setMaintenance: { on: true, reason: 'a new version' },
  createPurgePlan: { filter: { instanceState: 'COMPLETED', createTime: '<30d' } },
  createBulkJob: {
    clientRequestToken: 'try-1',
    priority: 10,
    confirmationRequired: true,
    description: 'The manifest comes from POST /api/v1/manifests.',
    manifest: {
      location: { manifestId: '3f0c9a52-1d7e-4b6f-9c1a-5f0e2d8b7a61' },
      spec: { format: 'CSV', fields: ['Bucket', 'Key'] }
    },
    operation: { artifact: { application: 'Bulk', ref: 'failEvery', properties: { n: '3' } } },
    report: { enabled: true, scope: 'AllTasks' },
    tags: TAGS
  },
  cloneBulkJob: { overrides: { priority: 20 } },
  setBulkJobTags: { tags: TAGS }
}

/** Of other media types, wherever they are read. */
const OTHER_BODIES: Readonly<Record<string, unknown>> = {
  'application/xml': JSL,
  'text/xml': JSL,
  'text/csv': 'bucket,first%20file.txt\nbucket,second.txt\n',
  'multipart/form-data': { jobdata: { applicationName: 'SimpleBatchJob' }, jsl: JSL }
}

/** `undefined`: nothing is expected in it. */
export function bodyExample(operationId: string, mediaType: string): unknown {
  if (mediaType !== 'application/json') return OTHER_BODIES[mediaType]
  return JSON_BODIES[operationId.replace(/V\d$/, '')]
}
