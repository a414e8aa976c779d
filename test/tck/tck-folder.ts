// The cases as a folder of the conformance suite holds them; the only file that knows its layout.
import { access, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'

/** Facts about an outcome, by names that are read where they are compared. */
export type Facts = Readonly<Record<string, unknown>>

/** One step of a case; which fields it has depends on `op`. */
export interface Operation {
  readonly op: string
  /** What the execution it creates is called from then on. */
  readonly as?: string
  /** The execution it is about. */
  readonly of?: string
  readonly exec?: string
  readonly jsl?: string
  readonly jobParameters?: Readonly<Record<string, string>>
  readonly wait?: boolean
  readonly ms?: number
  readonly call?: string
  readonly args?: readonly unknown[]
  readonly expect?: Facts
  readonly saveAs?: string
  readonly onThrows?: Facts
  readonly allowThrows?: string
  readonly expectThrows?: string
  readonly expectEither?: readonly Facts[]
  readonly left?: string
  readonly rel?: string
  readonly right?: string
  readonly name?: string
  readonly value?: string
  readonly notEquals?: string
}

export interface TckCase {
  readonly id: string
  readonly area: string
  readonly title: string
  readonly profile: string
  /** Job XML files, relative to the folder. */
  readonly jsl: readonly string[]
  readonly artifacts: readonly string[]
  readonly steps: readonly Operation[]
  /** Recording of another engine, relative to the folder. */
  readonly golden?: string
  /** Tests a mechanism of Java that has no counterpart in any other language. */
  readonly javaOnly?: boolean
  /** What sleeps in its data take. */
  readonly approxSeconds?: number
}

export interface TckFolder {
  readonly directory: string
  /** Module with the artifacts as factories. */
  readonly artifacts: string
  readonly cases: readonly TckCase[]
}

/** `null`: there is no such folder. */
export async function readTckFolder(directory: string): Promise<TckFolder | null> {
  const file = join(directory, 'CASES.json')
  try {
    await access(file)
  } catch {
    return null
  }
  const { cases } = JSON.parse(await readFile(file, 'utf8')) as { cases: readonly TckCase[] }
  return { directory, artifacts: join(directory, 'artifacts.mjs'), cases }
}

/** The texts of a case's job XML files by the name `start` takes; a variant for one namespace is started by the plain name. */
export async function jobXMLsOf(folder: TckFolder, { jsl }: TckCase): Promise<ReadonlyMap<string, string>> {
  const texts = new Map<string, string>()
  for (const file of jsl) {
    const name = basename(file).replace(/(\.(jakarta|javax|javaee))?\.xml$/, '')
    texts.set(name, await readFile(join(folder.directory, file), 'utf8'))
  }
  return texts
}
