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

/** Most bytes of each part; others are read over. */
export interface FormLimits {
  readonly jobdata: number
  readonly jsl: number
}

const MOST_PARTS = 16

/** Both parts, in any order; the first of each name counts. What the parts say of their types is not looked at. */
export async function readSubmitForm(request: FastifyRequest, limits: FormLimits): Promise<SubmitForm> {
  const texts = new Map<string, string>()
  const options = {
    // Every part as a stream: read as a field, Fastify would parse `jobdata` by rules of its own.
    isPartAFile: () => true,
    throwFileSizeLimit: false,
    limits: { parts: MOST_PARTS, fileSize: Math.max(limits.jobdata, limits.jsl) + 1, headerPairs: 50 }
  }
  try {
    for await (const part of request.parts(options)) {
      const { fieldname, file } = part as MultipartFile
      if ((fieldname === 'jobdata' || fieldname === 'jsl') && !texts.has(fieldname)) {
        texts.set(fieldname, utf8(await bytesOf(file, fieldname, limits[fieldname]), `The part ${fieldname}`))
      } else {
        file.resume()
      }
    }
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
  }
  const jobdata = partOf(texts, 'jobdata')
  const jsl = partOf(texts, 'jsl')
  refuseUnstorable(jsl, 'jsl')
  return { jobdata, jsl }
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
