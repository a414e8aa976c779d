// What the options of a command come to once those of control files lie below those of the command line, and their types.
import { CliError, EXIT } from './cli-error.ts'
import type { OptionSpec } from './option-table.ts'

/** By the option's name without dashes: `true` where it was given without a value, all values of a repeatable one. */
export type OptionLayer = Readonly<Record<string, string | true | readonly string[]>>

export interface NumberRange {
  readonly min: number
  readonly max: number
  readonly whole: boolean
}

export class OptionValues {
  /** Weakest first. */
  readonly layers: readonly OptionLayer[]

  constructor(layers: readonly OptionLayer[]) {
    this.layers = layers
  }

  has(name: string): boolean {
    return this.raw(name) !== null
  }

  raw(name: string): string | true | readonly string[] | null {
    return this.layers.findLast(layer => Object.hasOwn(layer, name))?.[name] ?? null
  }

  text(name: string): string | null {
    const raw = this.raw(name)
    return typeof raw === 'string' ? raw : null
  }

  flag(name: string): boolean {
    return this.has(name)
  }

  /** @throws CliError 255, as the product does for what is no number. */
  number(name: string, range: NumberRange): number | null {
    const text = this.text(name)
    if (text === null) return null
    const { min, max, whole } = range
    const value = (whole ? /^\d+$/ : /^\d+(\.\d+)?$/).test(text) ? Number(text) : Number.NaN
    if (value >= min && value <= max) return value
    const kind = whole ? 'a whole number' : 'a number'
    throw new CliError(EXIT.failed, `--${name}=${text}: ${kind} from ${min} to ${max} is expected.`)
  }

  /** An id of an instance or execution. */
  id(name: string): number | null {
    return this.number(name, { min: 0, max: Number.MAX_SAFE_INTEGER, whole: true })
  }
}

/** @throws CliError 22 for a flag with a value: `--wait=false` would wait. */
export function checkFlags(specs: readonly OptionSpec[], layer: OptionLayer): void {
  for (const { name, form } of specs) {
    const value = layer[name.slice(2)]
    if (form !== 'flag' || value === undefined || value === true || value === '' || value === 'true') continue
    throw new CliError(
      EXIT.badValue,
      `${name} has no value: leave the option out instead of ${name}=${String(value)}.`
    )
  }
}
