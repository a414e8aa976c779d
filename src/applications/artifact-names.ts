// What an application exports, by name: known only where its code is loaded, and said from there to those who load none.
import { BUILT_IN_NAMES } from './built-in/built-in-names.ts'

/** Plain data; it is posted between threads. */
export interface ArtifactNames {
  /** Of its module: those that can be artifacts at all. */
  readonly exports: readonly string[]
  /** Of its batch.xml: those whose class is there. */
  readonly ids: readonly string[]
}

/** Whether a `ref` finds anything: as the registry looks for it. */
export function isExported({ exports, ids }: ArtifactNames, ref: string): boolean {
  return (
    exports.includes(ref) ||
    ids.includes(ref) ||
    exports.includes(ref.split(/[.$]/).at(-1)!) ||
    BUILT_IN_NAMES.some(name => name === ref)
  )
}
