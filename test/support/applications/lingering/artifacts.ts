// A job that ends when it is told to, and a batchlet that says whether it was disturbed.
import { existsSync, writeFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import type { Injected, JobListener } from '../../../../src/batch/artifacts.ts'

/** Its afterJob makes the file of property `begun`, and returns once that of property `go` is there. */
export class LingersAtTheEnd implements JobListener {
  readonly #injected: Injected

  constructor(injected: Injected) {
    this.#injected = injected
  }

  async afterJob(): Promise<void> {
    const { properties } = this.#injected
    writeFileSync(properties['begun']!, '')
    while (!existsSync(properties['go']!)) await delay(10)
  }
}

export const nothing = () => {}

/** Longer than a grace period of one second. */
export async function listening({ properties, signal }: Injected): Promise<string> {
  writeFileSync(properties['begun']!, '')
  return await delay(2500, 'undisturbed', { signal }).catch(() => 'disturbed')
}
