// What the jobs of SimpleBatchJob name in ref="…": small artifacts, each in one of the forms an export can have.
export { SleepyBatchlet, failingBatchlet, noopBatchlet, simpleBatchlet } from './batchlets.ts'
export { CountingReader, countingProcessor, countingWriter } from './counting-chunk.ts'
export { exitStatusDecider } from './exit-status-decider.ts'
