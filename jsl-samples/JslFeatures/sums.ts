// Everything a partitioned step can have, around a sum: who plans, who works, who collects, who adds up, who concludes.
import type { Injected, PartitionPlan } from '../../src/batch/artifacts.ts'

/** The mapper: as many ranges of 1 to property `numbers` as property `partitions` says. */
export function ranges({ properties }: Injected): PartitionPlan {
  const numbers = Number(properties['numbers'])
  const partitions = Number(properties['partitions'])
  const boundary = (n: number) => Math.floor((numbers * n) / partitions)
  return {
    partitions,
    partitionProperties: Array.from({ length: partitions }, (_, n) => ({
      from: String(boundary(n) + 1),
      to: String(boundary(n + 1))
    }))
  }
}

/** The work of one partition; its sum is handed to its collector. Property `fail.from` = the range that throws. */
export function sumOfRange({ properties, stepContext }: Injected): void {
  const from = Number(properties['from'])
  const to = Number(properties['to'])
  if (properties['fail.from'] === properties['from']) throw new Error(`the range from ${from} fails`)
  let sum = 0
  for (let number = from; number <= to; number++) sum += number
  stepContext.transientUserData = sum
}

/** The collector runs beside the work, in its thread. */
export function partialSum({ stepContext }: Injected): number {
  return Number(stepContext.transientUserData ?? 0)
}

/** The analyzer runs in the step's own thread; persistent user data outlive a restart, so it needs only the partitions that ran again. */
export const totalSum = {
  analyzeCollectorData(sum: number, { stepContext }: Injected): void {
    stepContext.persistentUserData = Number(stepContext.persistentUserData ?? 0) + sum
  },
  analyzeStatus(batchStatus: string, exitStatus: string, { log }: Injected): void {
    log.info(`a partition ended ${batchStatus} with ${exitStatus}`)
  }
}

/** The reducer stands around all of it. */
export const sumReducer = {
  beginPartitionedStep({ log }: Injected): void {
    log.info('the sum begins')
  },
  beforePartitionedStepCompletion({ stepContext }: Injected): void {
    stepContext.exitStatus = `SUM ${Number(stepContext.persistentUserData)}`
  },
  rollbackPartitionedStep({ stepContext }: Injected): void {
    stepContext.exitStatus = 'NO SUM'
  },
  afterPartitionedStepCompletion(status: string, { log }: Injected): void {
    log.info(`the sum ends with ${status}`)
  }
}
