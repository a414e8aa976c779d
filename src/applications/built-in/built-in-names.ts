// The names of the artifacts that every application has without exporting them: to be known without loading any of their code.

export const BUILT_IN_NAMES = [
  'csvReader',
  'csvWriter',
  'httpBatchlet',
  'httpReader',
  'jsonLinesReader',
  'jsonLinesWriter',
  'keyRangeMapper',
  'shellBatchlet',
  'sqlReader',
  'sqlWriter'
] as const

export type BuiltInName = (typeof BUILT_IN_NAMES)[number]
