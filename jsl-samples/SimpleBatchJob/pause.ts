// Waits without holding up a stop; without it every stopped sample would sleep to its end first.
import { setTimeout } from 'node:timers/promises'

/** Resolves after so many milliseconds, or at once when the signal is aborted. */
export async function pause(millis: number, signal: AbortSignal): Promise<void> {
  if (millis <= 0 || signal.aborted) return
  try {
    await setTimeout(millis, undefined, { signal })
  } catch (error) {
    if (!signal.aborted) throw error
  }
}

/** A property that is a number; `otherwise` when it is absent. Throws naming it when it is something else. */
export function numberOf(
  properties: Readonly<Record<string, string | undefined>>,
  name: string,
  otherwise: number
): number {
  const text = properties[name]?.trim()
  if (text === undefined || text === '') return otherwise
  if (/^[+-]?\d{1,15}$/.test(text)) return Number(text)
  throw new Error(`Property ${name} must be a whole number, not ${text}.`)
}
