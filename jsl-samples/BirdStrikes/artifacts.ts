// What the job birdstrikes names in ref="…".
export { CsvReader as csvReader } from './csv-reader.ts'
export { DurationListener as durationListener } from './duration-listener.ts'
export { enoughStrikes } from './enough-strikes.ts'
export { prepareTables } from './prepare-tables.ts'
export {
  StateAnalyzer as stateAnalyzer,
  stateCollector,
  stateRanges,
  summariseStates
} from './state-ranges.ts'
export { skippedStrikes, strikeProcessor } from './strike-processor.ts'
export { strikeWriter } from './strike-writer.ts'
export { writeReport } from './write-report.ts'
