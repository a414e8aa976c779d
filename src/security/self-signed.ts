// A certificate that the server makes itself, for development: kept, so that whoever has accepted it once need not do so again.
import { X509Certificate } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import path from 'node:path'
import type { Clock } from '../service/clock.ts'
import type { CertificateFiles } from './certificate.ts'
import { writeWhole } from './write-whole.ts'

const DAY_MS = 86_400_000
/** Browsers take no certificate that is valid for longer than some 13 months. */
const VALID_DAYS = 390
const RENEWED_BEFORE_DAYS = 30

/** The files of one that is valid for these names and addresses, made if need be. `directory` is made too. */
export async function selfSignedFiles(
  directory: string,
  names: readonly string[],
  clock: Clock
): Promise<CertificateFiles & { readonly made: boolean }> {
  const files = {
    certFile: path.join(directory, 'self-signed.crt'),
    keyFile: path.join(directory, 'self-signed.key'),
    passphrase: null
  }
  const wanted = [...new Set(['localhost', '127.0.0.1', '::1', ...names])]
  if (await isUsable(files, wanted, clock)) return { ...files, made: false }
  // The folder above is shared: only this one is closed to others.
  await mkdir(path.dirname(directory), { recursive: true })
  await mkdir(directory, { recursive: true, mode: 0o700 })
  // Loaded here only: a tenth of the time of every start, for what is done once a year.
  const { generate } = await import('selfsigned')
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'Batchyard (self-signed)' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    notBeforeDate: new Date(clock.now() - DAY_MS),
    notAfterDate: new Date(clock.now() + VALID_DAYS * DAY_MS),
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: wanted.map(name => (isIP(name) === 0 ? { type: 2, value: name } : { type: 7, ip: name }))
      }
    ]
  })
  await writeWhole(files.keyFile, key, 0o600)
  await writeWhole(files.certFile, cert, 0o644)
  return { ...files, made: true }
}

async function isUsable(files: CertificateFiles, names: readonly string[], clock: Clock): Promise<boolean> {
  try {
    const certificate = new X509Certificate(await readFile(files.certFile))
    await readFile(files.keyFile)
    return (
      Date.parse(certificate.validTo) > clock.now() + RENEWED_BEFORE_DAYS * DAY_MS &&
      names.every(name => isNamed(certificate, name))
    )
  } catch {
    return false
  }
}

function isNamed(certificate: X509Certificate, name: string): boolean {
  return (isIP(name) === 0 ? certificate.checkHost(name) : certificate.checkIP(name)) !== undefined
}
