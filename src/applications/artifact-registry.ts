// Finds the artifact a JSL `ref` names and makes one for each reference; the executor's only way to an application's code.
import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import type { Injected } from '../batch/artifacts.ts'
import { type ApplicationModule, loadModule } from './application-module.ts'
import { createArtifact } from './artifact-forms.ts'
import { readBatchXML } from './batch-xml.ts'
import { BUILT_IN_ARTIFACTS } from './built-in/built-in-artifacts.ts'
import { closestNames } from './closest-names.ts'

export interface ArtifactRegistry {
  /** Every name that create() finds, but dotted ones. */
  readonly names: readonly string[]
  /**
   * A new object with the methods of its interface; two references to one name are two objects (JSR-352 §10.5).
   * @throws Error naming ref and application: nobody exports it, or what is exported is no artifact; errors of the
   * application's constructor as they are
   */
  create(ref: string, injected: Injected): object
}

/**
 * Loads an application's module and batch.xml in this thread.
 * @throws Error naming application, file and reason
 */
export async function loadArtifacts(directory: string): Promise<ArtifactRegistry> {
  const folder = await stat(directory).catch((error: unknown) => {
    throw new Error(`Application ${basename(directory)} is not there any more.`, { cause: error })
  })
  if (!folder.isDirectory()) throw new Error(`Application ${basename(directory)} is not a folder.`)
  const classes = await readBatchXML(directory)
  return registryOf(basename(directory), await loadModule(directory), classes)
}

function registryOf(
  application: string,
  module: ApplicationModule,
  classes: ReadonlyMap<string, string>
): ArtifactRegistry {
  const exported = (name: string) => (Object.hasOwn(module.exports, name) ? name : null)
  // `com.acme.Loader` and the nested `com.acme.Loader$Inner` are exported by their last part.
  const ofClass = (name: string) => exported(name) ?? exported(name.split(/[.$]/).at(-1)!)

  function find(ref: string): { readonly found: unknown } {
    const mapped = classes.get(ref)
    const name = exported(ref) ?? ofClass(mapped ?? ref)
    if (name !== null) return { found: module.exports[name] }
    if (Object.hasOwn(BUILT_IN_ARTIFACTS, ref)) return { found: BUILT_IN_ARTIFACTS[ref] }
    const says = mapped === undefined ? '' : `, which batch.xml says is ${mapped},`
    throw new Error(`Artifact ${ref}${says} is not exported by ${whatThereIs(mapped ?? ref)}`)
  }

  function whatThereIs(wanted: string): string {
    const names = Object.keys(module.exports)
    if (module.file === null)
      return `application ${application}, which has no artifacts.ts, artifacts.js, artifacts.mjs or package.json with an entry.`
    const nearest = closestNames(wanted, names, 10)
    const more = names.length > nearest.length ? ` and ${names.length - nearest.length} more` : ''
    return `${module.file} of application ${application}; it exports ${nearest.join(', ') || 'nothing'}${more}.`
  }

  return {
    names: [
      ...new Set([...Object.keys(module.exports), ...classes.keys(), ...Object.keys(BUILT_IN_ARTIFACTS)])
    ],
    create: (ref, injected) =>
      createArtifact(find(ref).found, injected, `Artifact ${ref} of application ${application}`)
  }
}
