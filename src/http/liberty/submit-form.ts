// Without this a JSL could only be submitted as an escaped JSON string: here it comes as a part of its own.
import type { Readable } from 'node:stream'
import type { MultipartFile } from '@fastify/multipart'
import type { FastifyRequest } from 'fastify'
import { BatchError } from '../../batch/batch-error.ts'
import { utf8 } from '../request-body.ts'
import { refuseUnstorable } from '../storable-text.ts'

export interface SubmitForm {
  /** JSON, not read yet. */
  readonly jobdata: string
  readonly jsl: string
}

/** Most bytes of each part; others are read over, within what a form has beside them. */
export interface FormLimits {
  readonly jobdata: number
  readonly jsl: number
}

const MOST_PARTS = 16
/** Boundaries, headers of parts, parts of other names. */
const MOST_BESIDE = 1024 * 1024

/** Both parts, in any order; the first of each name counts. What the parts say of their types is not looked at. */
export async function readSubmitForm(request: FastifyRequest, limits: FormLimits): Promise<SubmitForm> {
  const whole = sizeWithin(request, limits.jobdata + limits.jsl + MOST_BESIDE)
  try {
    const texts = await Promise.race([readParts(request, limits), whole.exceeded])
    const jobdata = partOf(texts, 'jobdata')
    const jsl = partOf(texts, 'jsl')
    refuseUnstorable(jsl, 'jsl')
    return { jobdata, jsl }
  } catch (cause) {
    // The rest of the form is read over: it would stand before the next request of this connection, for ever.
    request.raw.unpipe()
    request.raw.resume()
    if (cause instanceof BatchError) throw cause
    throw new BatchError(
      'BodyInvalid',
      [`the form is not valid: ${cause instanceof Error ? cause.message : ''}`],
      { cause }
    )
  } finally {
    whole.forget()
  }
}

async function readParts(request: FastifyRequest, limits: FormLimits): Promise<ReadonlyMap<string, string>> {
  const texts = new Map<string, string>()
  const options = {
    // Every part as a stream: read as a field, Fastify would parse `jobdata` by rules of its own.
    isPartAFile: () => true,
    throwFileSizeLimit: false,
    limits: { parts: MOST_PARTS, fileSize: Math.max(limits.jobdata, limits.jsl) + 1, headerPairs: 50 }
  }
  for await (const part of request.parts(options)) {
    const { fieldname, file } = part as MultipartFile
    if ((fieldname === 'jobdata' || fieldname === 'jsl') && !texts.has(fieldname)) {
      texts.set(fieldname, utf8(await bytesOf(file, fieldname, limits[fieldname]), `The part ${fieldname}`))
    } else {
      file.resume()
    }
  }
  return texts
}

/** The parser has a limit for each part that is kept, and none for what it reads over: a form could go on for ever. */
function sizeWithin(request: FastifyRequest, limit: number): { exceeded: Promise<never>; forget(): void } {
  const { promise, reject } = Promise.withResolvers<never>()
  // Its only listener may come too late.
  promise.catch(() => {})
  const refuse = () => reject(new BatchError('BodyTooLarge', ['The form', limit]))
  if (Number(request.headers['content-length']) > limit) refuse()
  let size = 0
  const count = (chunk: Buffer) => {
    size += chunk.length
    if (size > limit) refuse()
  }
  request.raw.on('data', count)
  return { exceeded: promise, forget: () => void request.raw.off('data', count) }
}

async function bytesOf(file: Readable, name: string, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of file as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > limit) throw new BatchError('BodyTooLarge', [`The part ${name}`, limit])
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function partOf(texts: ReadonlyMap<string, string>, name: string): string {
  const text = texts.get(name)
  if (text === undefined) throw new BatchError('ParameterMissing', [`A form must have a part named ${name}.`])
  return text
}
