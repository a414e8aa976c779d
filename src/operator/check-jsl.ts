// Reads and resolves a JSL as it will run: every problem of it at once, or the model.
import { BatchError } from '../batch/batch-error.ts'
import type { JobModel } from '../jsl/job-model.ts'
import type { JobSource } from '../jsl/job-source.ts'
import { JslProblems } from '../jsl/jsl-problem.ts'
import { readJob } from '../jsl/read-job.ts'
import { resolveJob } from '../jsl/resolve-job.ts'
import { LRUCache } from '../service/lru-cache.ts'

export type CheckJsl = (
  jsl: string,
  jobParameters: Readonly<Record<string, string>>,
  systemProperties: Readonly<Record<string, string>>
) => JobModel

/** The check remembers the texts it read last. It throws JslInvalid with `problems` (line, column, message). */
export function createJslCheck(): CheckJsl {
  const sources = new LRUCache<string, JobSource>(100)
  return (jsl, jobParameters, systemProperties) => {
    try {
      const source = sources.get(jsl) ?? readJob(jsl)
      sources.set(jsl, source)
      return resolveJob(source, { jobParameters, systemProperties })
    } catch (error) {
      if (!(error instanceof JslProblems)) throw error
      throw new BatchError('JslInvalid', [error.message], {
        cause: error,
        details: { problems: error.problems }
      })
    }
  }
}
