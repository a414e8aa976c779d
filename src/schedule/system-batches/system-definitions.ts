// What the server brings along of each of its batches: names, parameters, JSL, and when it is scheduled until somebody says otherwise.
import type { ParameterSpecs } from '../../batch/job-definition.ts'
import { type DayRule, WEEKDAYS } from '../../batch/job-schedule.ts'
import {
  PURGE_PLAN_BATCH,
  SYSTEM_BATCHES,
  SYSTEM_BATCHLET,
  type SystemTaskName
} from '../../batch/system-batch.ts'

interface Description {
  readonly label: string
  readonly description: string
  /** `null`: it must be given. */
  readonly parameters: Readonly<Record<string, readonly [value: string | null, description: string]>>
  /** `null`: it is not scheduled. */
  readonly rule: DayRule | null
  readonly active: boolean
}

const daily = (at: string): DayRule => ({ weekdays: WEEKDAYS, at })
const noDay = (at: string): DayRule => ({ at })

const DAYS = 'Job instances that ended this many days ago or earlier.'

const DESCRIPTIONS: Readonly<Record<SystemTaskName, Description>> = {
  BATCH_NETTOYAGE: {
    label: 'Nettoyage des batches',
    description:
      'Ends what has hung for some hours and no server works on any more, so that it can be started again.',
    parameters: { hours: ['4', 'Job executions that began this many hours ago or earlier.'] },
    rule: daily('22:00'),
    active: true
  },
  BATCH_DESTRUCT_HISTO: {
    label: "Destruction de l'historique des batches",
    description:
      'Purges job instances that ended long ago, with their job logs, and the decisions of that time.',
    parameters: { days: ['30', DAYS] },
    rule: daily('23:00'),
    active: true
  },
  BATCH_ARCHIVAGE: {
    label: 'Archivage',
    description: 'Writes rows and job logs of what ended long ago into zips, reads them back, then purges.',
    parameters: {
      days: ['30', DAYS],
      folder: ['archive', 'Where the zips go; below the data directory.'],
      name: ['archive', 'How their names begin.']
    },
    rule: noDay('22:30'),
    active: false
  },
  BATCH_DESTRUCT_LOGS: {
    label: 'Destruction des journaux',
    description: 'Deletes the job logs of job instances that ended long ago; their history stays.',
    parameters: { days: ['30', DAYS] },
    rule: noDay('22:30'),
    active: false
  },
  BATCH_APP_EN_MAINT: {
    label: "Mise en maintenance de l'application",
    description: 'Puts the server into maintenance: nothing but its own batches starts.',
    parameters: { reason: ['scheduled maintenance', 'What is said to whoever asks.'] },
    rule: noDay('22:55'),
    active: false
  },
  BATCH_APP_EN_SERVICE: {
    label: "Mise en service de l'application",
    description: 'Puts the server back into service.',
    parameters: {},
    rule: noDay('23:30'),
    active: false
  },
  BATCH_VACUUM: {
    label: 'Vacuum de la base de données',
    description: 'Has PostgreSQL tidy up the tables of the job repository.',
    parameters: {},
    rule: noDay('21:30'),
    active: false
  },
  BATCH_PURGE_PLAN: {
    label: 'Purge planifiée',
    description: 'Executes a purge plan; POST /api/v1/purge-plans/{id}/execute starts it.',
    parameters: { plan: [null, 'The id of the plan.'] },
    rule: null,
    active: false
  }
}

export interface SystemDefinition extends Omit<Description, 'parameters'> {
  readonly code: SystemTaskName
  readonly parameters: ParameterSpecs
  readonly jsl: string
}

export const SYSTEM_STEP = 'task'

export const SYSTEM_DEFINITIONS: readonly SystemDefinition[] = (
  [...SYSTEM_BATCHES, PURGE_PLAN_BATCH] as const
).map(code => {
  const { parameters, ...description } = DESCRIPTIONS[code]
  const specs = Object.entries(parameters).map(([name, [value, says]]) => [
    name,
    { default: value, required: value === null, secret: false, description: says }
  ])
  return {
    ...description,
    code,
    parameters: Object.fromEntries(specs) as ParameterSpecs,
    jsl: jslOf(code, Object.keys(parameters))
  }
})

/** Each can be begun again where it was: a server that dies, or is told to end, hands it on. */
function jslOf(code: SystemTaskName, parameters: readonly string[]): string {
  const properties = [
    `<property name="task" value="${code}"/>`,
    ...parameters.map(name => `<property name="${name}" value="#{jobParameters['${name}']}"/>`)
  ]
  return `<?xml version="1.0" encoding="UTF-8"?>
<job id="${code}" xmlns="http://xmlns.jcp.org/xml/ns/javaee" version="1.0">
  <properties>
    <property name="batchyard.recovery" value="resume"/>
  </properties>
  <step id="${SYSTEM_STEP}">
    <batchlet ref="${SYSTEM_BATCHLET}">
      <properties>
        ${properties.join('\n        ')}
      </properties>
    </batchlet>
  </step>
</job>
`
}
