// `jsonLinesWriter`: appends each chunk's items to a file, one line of JSON each, that a restart cuts back to its last checkpoint.
import type { Injected, ItemWriter } from '../../batch/artifacts.ts'
import { checkNames, textOf } from './artifact-properties.ts'
import type { BuiltInSetting } from './built-in-limits.ts'
import { choiceOf } from './list-properties.ts'
import { OutputFile, WHEN_EXISTS } from './output-file.ts'

/** Properties: `file`; `whenExists` = fail (default), overwrite or append. Lines are UTF-8, a bigint is written as its digits. */
export function jsonLinesWriter(setting: BuiltInSetting): new (injected: Injected) => ItemWriter {
  return class JsonLinesWriter implements ItemWriter<unknown, number> {
    readonly #injected: Injected
    #file: OutputFile | null = null

    constructor(injected: Injected) {
      this.#injected = injected
    }

    async open(checkpoint: number | null): Promise<void> {
      const { properties } = this.#injected
      checkNames('jsonLinesWriter', properties, ['file', 'whenExists'])
      const name = textOf(properties, 'file')
      const whenExists = choiceOf(properties, 'whenExists', WHEN_EXISTS)
      const path = await setting.limits.checkFile(name, setting.inline)
      this.#file = await OutputFile.open({ path, name, whenExists, injected: this.#injected }, checkpoint)
    }

    async writeItems(items: unknown[]): Promise<void> {
      if (this.#file === null) throw new Error('The writer is not open.')
      await this.#file.append(Buffer.from(items.map(lineOf).join('')))
    }

    async checkpointInfo(): Promise<number> {
      return await this.#file!.checkpoint()
    }

    async close(): Promise<void> {
      const file = this.#file
      this.#file = null
      await file?.close()
    }
  }
}

function lineOf(item: unknown): string {
  const line = JSON.stringify(item, exact) as string | undefined
  if (line === undefined) throw new Error(`An item of type ${typeof item} has no JSON.`)
  return `${line}\n`
}

/** TypeScript does not know it yet. */
const { rawJSON } = JSON as unknown as { readonly rawJSON: (text: string) => unknown }

/** JSON has digits without end; JavaScript's numbers have not. */
function exact(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? rawJSON(String(value)) : value
}
