// Options from a file: what all calls of a night have in common stands in one place, and no password in a process list.
import { CliError, EXIT } from './cli-error.ts'
import type { OptionSpec } from './option-table.ts'
import type { OptionLayer } from './option-values.ts'
import { readPropertiesFiles } from './properties-file.ts'

/**
 * @param warn is told of options that have no meaning in such a file.
 * @throws CliError 21 for an option that this task does not know, 22 for one without its value.
 */
export async function readControlFiles(
  files: string,
  specs: readonly OptionSpec[],
  warn: (sentence: string) => void
): Promise<OptionLayer> {
  const layer = new Map<string, string | true | readonly string[]>()
  for (const [key, value] of await readPropertiesFiles('--controlPropertiesFile', files)) {
    const spec = specs.find(({ name }) => name === key)
    if (spec === undefined)
      throw new CliError(EXIT.unknownOption, `${files}: ${key} is not an option of this task.`)
    if (key === '--controlPropertiesFile') {
      warn(`${key} is ignored in ${files}: a control file cannot name another one.`)
      continue
    }
    const name = key.slice(2)
    if (spec.repeatable) layer.set(name, [...((layer.get(name) as readonly string[]) ?? []), value])
    else layer.set(name, spec.form !== 'value' && value === '' ? true : value)
  }
  return Object.fromEntries(layer)
}
