// Makes a built-in artifact as the registry of an application does, with the lines it logs.
import type { Injected } from '../../../src/batch/artifacts.ts'
import { createArtifact } from '../../../src/applications/artifact-forms.ts'
import { BUILT_IN_ARTIFACTS } from '../../../src/applications/built-in/built-in-artifacts.ts'
import {
  builtInLimits,
  type BuiltInSettings,
  NOTHING_INLINE
} from '../../../src/applications/built-in/built-in-limits.ts'
import { injectedWith } from '../support.ts'

export interface BuiltInOf {
  readonly properties: Record<string, string>
  readonly inline?: boolean
  readonly settings?: Partial<BuiltInSettings>
  readonly directory?: string
  readonly injected?: Partial<Injected>
  /** What it logs is added here. */
  readonly lines?: string[]
}

export function builtIn<T>(ref: string, of: BuiltInOf): T {
  const limits = builtInLimits({ ...NOTHING_INLINE, ...of.settings }, of.directory ?? import.meta.dirname)
  const exported = BUILT_IN_ARTIFACTS[ref]!({ inline: of.inline ?? false, limits })
  const add = (message: string) => void of.lines?.push(message)
  const injected = injectedWith({
    properties: of.properties,
    log: { info: add, warn: add, error: add },
    ...of.injected
  })
  return createArtifact(exported, injected, ref) as T
}
