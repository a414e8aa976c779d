// manifest.json of a bulk job's report, as it is stored: its words are those of document 002 (R002-43), not of our answers.
import { Type } from 'typebox'
import type { ReportManifest } from '../../../batch/bulk-job.ts'
import { closedObject } from '../../open-api/closed-object.ts'
import { Time } from '../../open-api/words.ts'
import { ASKED, FailureReasons, Progress, StatusWord } from './bulk-job.ts'

const Result = closedObject({
  TaskExecutionStatus: Type.Union([Type.Literal('succeeded'), Type.Literal('failed')]),
  Bucket: Type.String(),
  MD5Checksum: Type.String({ description: 'Of the file, as hex.' }),
  Key: Type.String({ description: 'Its last piece is the name of the file.' })
})

const Job = closedObject(
  {
    jobId: Type.String(),
    ...ASKED,
    progressSummary: closedObject(Progress),
    failureReasons: FailureReasons,
    status: StatusWord
  },
  { description: 'What the bulk job was, and what became of it; secrets are masked.' }
)

export const ReportManifestView = Type.Unsafe<ReportManifest>(
  closedObject(
    {
      Format: Type.Literal('Report_CSV_V1'),
      ReportCreationDate: Time,
      Results: Type.Array(Result),
      ReportSchema: Type.String(),
      Job
    },
    { title: 'BulkReport' }
  )
)
