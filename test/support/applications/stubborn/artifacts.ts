// Batchlets that do not hear a stop: one that waits without end, one that keeps its thread busy without end.
// Each makes the file of property `begun` first, if it has one.
import { writeFileSync } from 'node:fs'
import type { Injected } from '../../../../src/batch/artifacts.ts'

function tell({ properties }: Injected): void {
  if (properties['begun'] !== undefined) writeFileSync(properties['begun'], '')
}

export const deaf = (injected: Injected) => {
  tell(injected)
  return new Promise(() => setInterval(() => {}, 1000))
}

export const busy = (injected: Injected) => {
  tell(injected)
  for (;;);
}
