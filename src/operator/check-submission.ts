// What a submission must keep to before anything is stored: lengths of the product's columns, text that PostgreSQL takes.
import { BatchError } from '../batch/batch-error.ts'
import { unstorable } from '../batch/text.ts'

/** Characters, as the product's columns have them. */
const LENGTHS = {
  applicationName: 512,
  moduleName: 512,
  componentName: 512,
  appName: 512,
  jobXMLName: 128,
  jobName: 256
} as const

const PARAMETER_NAME_LENGTH = 256
const PARAMETER_VALUE_BYTES = 65_536
const PARAMETERS = 10_000

/** Throws ValueTooLong or TextInvalid naming the field. */
export function checkName(field: keyof typeof LENGTHS, value: string): void {
  checkText(field, value)
  const longest = LENGTHS[field]
  if (value.length > longest)
    throw new BatchError('ValueTooLong', [field, `${value.length} characters`, longest, 'characters'])
}

export function checkText(field: string, value: string): void {
  const flaw = unstorable(value)
  if (flaw !== null) throw new BatchError('TextInvalid', [field, flaw])
}

export function checkJobParameters(jobParameters: Readonly<Record<string, string>>): void {
  const entries = Object.entries(jobParameters)
  if (entries.length > PARAMETERS)
    throw new BatchError('ValueTooLong', [
      'jobParameters',
      `${entries.length} parameters`,
      PARAMETERS,
      'parameters'
    ])
  for (const [name, value] of entries) {
    checkText('the name of a job parameter', name)
    if (name.length > PARAMETER_NAME_LENGTH)
      throw new BatchError('ValueTooLong', [
        `the name of job parameter ${name.slice(0, 40)}…`,
        `${name.length} characters`,
        PARAMETER_NAME_LENGTH,
        'characters'
      ])
    checkText(`jobParameters.${name}`, value)
    const bytes = Buffer.byteLength(value)
    if (bytes > PARAMETER_VALUE_BYTES)
      throw new BatchError('ValueTooLong', [
        `jobParameters.${name}`,
        `${bytes} bytes`,
        PARAMETER_VALUE_BYTES,
        'bytes'
      ])
  }
}
