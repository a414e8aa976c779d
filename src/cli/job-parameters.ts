// Which value of a job parameter wins, when control file, parameter files and command line each name one.
import { CliError, EXIT } from './cli-error.ts'
import type { OptionLayer, OptionValues } from './option-values.ts'
import { readPropertiesFiles, type Property } from './properties-file.ts'

/** From the weakest: file named in the control file, its --jobParameter lines, file of the command line, --jobParameter. */
export async function jobParametersOf(options: OptionValues): Promise<Readonly<Record<string, string>>> {
  const properties: Property[] = []
  for (const layer of options.layers) properties.push(...(await ofLayer(layer)))
  // Not by assignment: a parameter may be called `__proto__`.
  return Object.fromEntries(properties)
}

async function ofLayer(layer: OptionLayer): Promise<Property[]> {
  const option = Object.hasOwn(layer, 'jobParametersFile') ? 'jobParametersFile' : 'jobPropertiesFile'
  const files = layer[option]
  const ofFiles = typeof files === 'string' ? await readPropertiesFiles(`--${option}`, files) : []
  const single = layer['jobParameter']
  return [...ofFiles, ...(Array.isArray(single) ? (single as readonly string[]) : []).map(keyAndValue)]
}

function keyAndValue(text: string): Property {
  const at = text.indexOf('=')
  if (at < 1) throw new CliError(EXIT.badValue, `--jobParameter=${text}: key=value is expected.`)
  return [text.slice(0, at), text.slice(at + 1)]
}
