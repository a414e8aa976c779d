// Finds the artifact a JSL `ref` names and makes one for each reference; the executor's only way to an application's code.
import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import type { Injected } from '../batch/artifacts.ts'
import { type ApplicationModule, loadModule } from './application-module.ts'
import { createArtifact } from './artifact-forms.ts'
import type { ArtifactNames } from './artifact-names.ts'
import { readBatchXML } from './batch-xml.ts'
import { BUILT_IN_ARTIFACTS } from './built-in/built-in-artifacts.ts'
import {
  type BuiltInLimits,
  builtInLimits,
  type BuiltInSetting,
  type BuiltInSettings,
  NOTHING_INLINE
} from './built-in/built-in-limits.ts'
import { closestNames } from './closest-names.ts'

export interface ArtifactRegistry {
  /** Every name that create() finds, but dotted ones. */
  readonly names: readonly string[]
  /** Those of the application itself, as others are told of them. */
  readonly own: ArtifactNames
  /**
   * A new object with the methods of its interface; two references to one name are two objects (JSR-352 §10.5).
   * @throws Error naming ref and application: nobody exports it, or what is exported is no artifact; errors of the
   * application's constructor as they are. `inline`: the JSL with the reference came with a request and is not trusted
   * with all that built-in artifacts can do; so it is, too, where nobody says.
   */
  create(ref: string, injected: Injected, inline?: boolean): object
}

/** Artifacts every application has without exporting them, by name: each makes an export, bound to what it may reach. */
export type BuiltInArtifacts = Readonly<Record<string, (setting: BuiltInSetting) => unknown>>

/**
 * Loads an application's module and batch.xml in this thread. `settings`: what its built-in artifacts may reach; `more`: those
 * of rooms that this one does not know.
 * @throws Error naming application, file and reason
 */
export async function loadArtifacts(
  directory: string,
  settings: BuiltInSettings = NOTHING_INLINE,
  more: BuiltInArtifacts = {}
): Promise<ArtifactRegistry> {
  const folder = await stat(directory).catch((error: unknown) => {
    throw new Error(`Application ${basename(directory)} is not there any more.`, { cause: error })
  })
  if (!folder.isDirectory()) throw new Error(`Application ${basename(directory)} is not a folder.`)
  const classes = await readBatchXML(directory)
  const limits = builtInLimits(settings, directory)
  const builtIn = { ...more, ...BUILT_IN_ARTIFACTS }
  return registryOf(basename(directory), await loadModule(directory), classes, limits, builtIn)
}

function registryOf(
  application: string,
  module: ApplicationModule,
  classes: ReadonlyMap<string, string>,
  limits: BuiltInLimits,
  builtIns: BuiltInArtifacts
): ArtifactRegistry {
  const exported = (name: string) => (Object.hasOwn(module.exports, name) ? name : null)
  // `com.acme.Loader` and the nested `com.acme.Loader$Inner` are exported by their last part.
  const ofClass = (name: string) => exported(name) ?? exported(name.split(/[.$]/).at(-1)!)

  function find(ref: string, inline: boolean): { readonly found: unknown } {
    const mapped = classes.get(ref)
    const name = exported(ref) ?? ofClass(mapped ?? ref)
    if (name !== null) return { found: module.exports[name] }
    const builtIn = [ref, mapped].find(one => one !== undefined && Object.hasOwn(builtIns, one))
    if (builtIn !== undefined)
      return { found: builtIns[builtIn]!({ inline, limits, exports: module.exports }) }
    const says = mapped === undefined ? '' : `, which batch.xml says is ${mapped},`
    throw new Error(`Artifact ${ref}${says} is not exported by ${whatThereIs(mapped ?? ref)}`)
  }

  function whatThereIs(wanted: string): string {
    const names = Object.keys(module.exports)
    if (module.file === null)
      return `application ${application}, which has no artifacts.ts (.js, .mjs, .cjs) and no package.json with an entry.`
    const nearest = closestNames(wanted, names, 10)
    const more = names.length > nearest.length ? ` and ${names.length - nearest.length} more` : ''
    return `${module.file} of application ${application}; it exports ${nearest.join(', ') || 'nothing'}${more}.`
  }

  function finds(ref: string): boolean {
    const mapped = classes.get(ref)
    return (
      (exported(ref) ?? ofClass(mapped ?? ref)) !== null ||
      (mapped !== undefined && Object.hasOwn(BUILT_IN_ARTIFACTS, mapped))
    )
  }

  return {
    names: [...new Set([...Object.keys(module.exports), ...classes.keys(), ...Object.keys(builtIns)])],
    own: {
      exports: Object.keys(module.exports).filter(
        name => name !== 'default' && canBeArtifact(module.exports[name])
      ),
      ids: [...classes.keys()].filter(finds)
    },
    create: (ref, injected, inline = true) =>
      createArtifact(find(ref, inline).found, injected, `Artifact ${ref} of application ${application}`)
  }
}

/** Constants that a module exports beside its artifacts are none. */
function canBeArtifact(value: unknown): boolean {
  return typeof value === 'function' || (typeof value === 'object' && value !== null && !Array.isArray(value))
}
