// What a TLS server shows: certificate and key, checked to belong together before anybody connects, and taken anew when they
// change, so that a renewal needs no restart.
import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createSecureContext } from 'node:tls'
import type { Clock } from '../service/clock.ts'
import { SecurityError } from './security-error.ts'
import { signatureOf } from './watched-file.ts'

export interface Certificate {
  /** PEM, with its chain. */
  readonly cert: string
  readonly key: string
  readonly passphrase: string | undefined
}

export interface CertificateFiles {
  readonly certFile: string
  readonly keyFile: string
  readonly passphrase: string | null
}

export interface CertificateSource {
  readonly first: Certificate
  /** The new one, when the files changed since the last call and can be used; rejects once for each change that cannot be. */
  renewed(): Promise<Certificate | null>
}

/** Rejects with SecurityError when the files cannot be used. */
export async function openCertificate(files: CertificateFiles, clock: Clock): Promise<CertificateSource> {
  let seen = await filesSignature(files)
  const first = await readCertificate(files, clock)
  return {
    first,
    async renewed() {
      const now = await filesSignature(files)
      if (now === seen) return null
      seen = now
      return await readCertificate(files, clock)
    }
  }
}

async function readCertificate(files: CertificateFiles, clock: Clock): Promise<Certificate> {
  const [cert, key] = [await textOf(files.certFile), await textOf(files.keyFile)]
  const certificate = { cert, key, passphrase: files.passphrase ?? undefined }
  try {
    createSecureContext(certificate)
  } catch (error) {
    throw new SecurityError(
      `The certificate ${files.certFile} and the key ${files.keyFile} cannot be used: ${(error as Error).message}`
    )
  }
  const { validTo } = new X509Certificate(cert)
  if (Date.parse(validTo) < clock.now())
    throw new SecurityError(`The certificate ${files.certFile} has expired (${validTo})`)
  return certificate
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw new SecurityError(`It cannot be read: ${(error as Error).message}`)
  }
}

/** A file that is away has a signature too: it changes when it comes back. */
async function filesSignature({ certFile, keyFile }: CertificateFiles): Promise<string> {
  const signatures = await Promise.all(
    [certFile, keyFile].map(path =>
      signatureOf(path).then(
        ({ text }) => text,
        () => 'away'
      )
    )
  )
  return signatures.join(' / ')
}
