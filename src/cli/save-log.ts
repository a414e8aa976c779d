// A job log goes to a file that is whole or not there, or to standard output.
import { randomUUID } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { realpath, rename, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import { CliError, EXIT } from './cli-error.ts'
import type { RestReply } from './rest-client.ts'

/** @throws CliError 255 when the connection breaks; what came before has been printed. */
export async function printJobLog(reply: RestReply, stream: NodeJS.WritableStream): Promise<void> {
  try {
    await pipeline(reply.body, stream, { end: false })
  } catch (error) {
    throw cutOff(reply, error)
  }
}

export async function textOfJobLog(reply: RestReply): Promise<string> {
  const chunks: Buffer[] = []
  try {
    for await (const chunk of reply.body) chunks.push(chunk as Buffer)
  } catch (error) {
    throw cutOff(reply, error)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** Beside the file until it is whole, then in its place. @returns the file's full path. */
export async function saveJobLog(reply: RestReply, file: string): Promise<string> {
  const target = await realpath(file).catch(() => path.resolve(file))
  const kind = await stat(target).catch(() => null)
  if (kind?.isDirectory()) {
    reply.body.destroy()
    throw new CliError(EXIT.failed, `${target} is a folder; name a file.`)
  }
  // A pipe or a device is written as it is: renaming would replace it.
  if (kind !== null && !kind.isFile()) {
    await written(reply, target)
    return target
  }
  const part = `${target}.${randomUUID().slice(0, 8)}.part`
  try {
    await written(reply, part)
    await rename(part, target)
  } catch (error) {
    await rm(part, { force: true })
    throw error
  }
  return target
}

async function written(reply: RestReply, file: string): Promise<void> {
  try {
    await pipeline(reply.body, createWriteStream(file))
  } catch (error) {
    throw cutOff(reply, error)
  }
}

/**
 * The file name a server proposes, as far as it may choose one: a zip, in this folder, of letters that cannot lead elsewhere.
 * Null where it proposes none.
 */
export function proposedName(disposition: string | null): string | null {
  const proposed = /\bfilename="?([^";,\s]+)/i.exec(disposition ?? '')?.[1]
  if (proposed === undefined) return null
  const plain = proposed
    .replaceAll(/[^\w.-]/g, '_')
    .replace(/^\.+/, '')
    .slice(-200)
  return /\.zip$/i.test(plain) ? plain : `${plain}.zip`
}

function cutOff({ request }: RestReply, error: unknown): CliError {
  return new CliError(EXIT.failed, `The job log is not complete (${request}): ${(error as Error).message}`, {
    cause: error
  })
}
