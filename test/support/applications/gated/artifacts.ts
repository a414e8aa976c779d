// A job that holds its thread until the test lets it go, and one that ends at once.
import { existsSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import type { Injected } from '../../../../src/batch/artifacts.ts'

/** Until the file of property `gate` is there, or a stop comes. */
export async function waits({ properties, signal }: Injected): Promise<string> {
  while (!existsSync(properties['gate']!)) await delay(10, undefined, { signal })
  return 'let go'
}

/** Milliseconds of property `ms`. */
export async function takes({ properties }: Injected): Promise<string> {
  await delay(Number(properties['ms']))
  return 'taken'
}

export const nothing = () => {}
