// Reads an application's packaged JSL by its jobXMLName; without it only inline JSL could be submitted.
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { BatchError } from '../batch/batch-error.ts'
import { type Application, JOB_XML_FOLDERS, firstNames, kindOf, entriesOf, shown } from './application.ts'
import { decodeXML } from './decode-xml.ts'

/** Bytes. The longest JSL seen in the wild has some hundred kilobytes; beyond this it is a mistake or an attack. */
export const JOB_XML_LIMIT = 8 * 1024 * 1024

/** The names a submit may give as jobXMLName, sorted. */
export async function jobXMLNames(application: Application): Promise<readonly string[]> {
  return [...(await jobXMLFiles(application)).keys()].toSorted()
}

/** Tells one state of all its packaged JSL from another, by names, sizes and times. */
export async function jobXMLState(application: Application): Promise<string> {
  const lines = [...(await jobXMLFiles(application))].map(async ([name, file]) => {
    const found = await stat(file).catch(() => null)
    return `${name}\0${found?.size}\0${found?.mtimeMs}\0${found?.ctimeMs}`
  })
  return (await Promise.all(lines)).toSorted().join('\n')
}

/**
 * The text of a packaged JSL, decoded.
 * The name comes from whoever submits, so it never becomes a path: it picks one of the files the folder lists. A link
 * among those may lead elsewhere (mounted configuration is made of links): the administrator who put it there also
 * installs code.
 * @throws BatchError JobXMLNameInvalid for a path, JobXMLUnknown, JslInvalid for what is too long or cannot be decoded
 */
export async function readJobXML(application: Application, name: string): Promise<string> {
  return await readJobXMLFile(await findJobXML(application, name), name)
}

/** The file of a packaged JSL. */
export async function findJobXML(application: Application, name: string): Promise<string> {
  if (isPath(name)) throw new BatchError('JobXMLNameInvalid', [shown(name)])
  const files = await jobXMLFiles(application)
  const file = files.get(name)
  if (file === undefined || !(await kindOf(file, 'file')))
    throw new BatchError('JobXMLUnknown', [
      application.name,
      shown(name),
      firstNames([...files.keys()].toSorted())
    ])
  return file
}

/** `name`: as it was asked for, for messages. */
export async function readJobXMLFile(file: string, name: string): Promise<string> {
  const { size } = await stat(file)
  if (size > JOB_XML_LIMIT)
    throw new BatchError('JslInvalid', [
      `${name}.xml is ${size} bytes long; at most ${JOB_XML_LIMIT} are accepted.`
    ])
  const bytes = await readFile(file)
  try {
    return decodeXML(bytes)
  } catch (error) {
    throw new BatchError('JslInvalid', [`${name}.xml ${(error as Error).message}.`], { cause: error })
  }
}

function isPath(name: string): boolean {
  return name === '' || name === '.' || name === '..' || /[/\\\0]/.test(name)
}

async function jobXMLFiles(application: Application): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>()
  for (const folder of JOB_XML_FOLDERS) {
    const directory = join(application.directory, folder)
    for (const entry of await entriesOf(directory)) {
      const name = entry.name.endsWith('.xml') ? entry.name.slice(0, -'.xml'.length) : ''
      const file = join(directory, entry.name)
      if (name !== '' && !entry.isDirectory() && !files.has(name)) files.set(name, file)
    }
  }
  return files
}
