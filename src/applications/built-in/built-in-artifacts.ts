// The artifacts every application has without exporting them, by name.
import type { BuiltInSetting } from './built-in-limits.ts'
import type { BuiltInName } from './built-in-names.ts'
import { csvReader } from './csv-reader.ts'
import { csvWriter } from './csv-writer.ts'
import { httpBatchlet } from './http-batchlet.ts'
import { httpReader } from './http-reader.ts'
import { jsonLinesReader } from './json-lines-reader.ts'
import { jsonLinesWriter } from './json-lines-writer.ts'
import { keyRangeMapper } from './key-range-mapper.ts'
import { shellBatchlet } from './shell-batchlet.ts'
import { sqlReader } from './sql-reader.ts'
import { sqlWriter } from './sql-writer.ts'

/** Each makes an export like those of an application's module (class, object or function), bound to what it may reach. */
const ARTIFACTS: Readonly<Record<BuiltInName, (setting: BuiltInSetting) => unknown>> = {
  csvReader,
  csvWriter,
  httpBatchlet,
  httpReader,
  jsonLinesReader,
  jsonLinesWriter,
  keyRangeMapper,
  shellBatchlet,
  sqlReader,
  sqlWriter
}

/** The same, to be asked for any name. */
export const BUILT_IN_ARTIFACTS: Readonly<Record<string, (setting: BuiltInSetting) => unknown>> = ARTIFACTS
