// What a case sets as a system property and its artifacts read and set: they run in threads of another process, so it is a file.
import { readFileSync, renameSync, writeFileSync } from 'node:fs'

/** The part of a Map that artifacts use; synchronous, because they are. */
export class SystemPropertyFile {
  readonly #file: string

  constructor(file: string) {
    this.#file = file
  }

  get(name: string): string | undefined {
    return this.#read()[name]
  }

  has(name: string): boolean {
    return Object.hasOwn(this.#read(), name)
  }

  set(name: string, value: string): this {
    this.#write({ ...this.#read(), [name]: value })
    return this
  }

  delete(name: string): boolean {
    const { [name]: gone, ...rest } = this.#read()
    this.#write(rest)
    return gone !== undefined
  }

  #read(): Record<string, string> {
    try {
      return JSON.parse(readFileSync(this.#file, 'utf8')) as Record<string, string>
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {}
      throw error
    }
  }

  /** By renaming: nobody reads half a file. */
  #write(properties: Record<string, string>): void {
    writeFileSync(`${this.#file}.new`, JSON.stringify(properties))
    renameSync(`${this.#file}.new`, this.#file)
  }
}
