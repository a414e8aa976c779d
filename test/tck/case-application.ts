// Writes the application of one case: its job XML files and a module that hands over the artifacts.
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { ApplicationSettings } from './application/adapt-artifacts.ts'

const ADAPTER = pathToFileURL(join(import.meta.dirname, 'application', 'adapt-artifacts.ts')).href

/** Each case has an application of its own: job XML names, queries by job name and shared objects are its own then. */
export async function writeCaseApplication(
  appsDir: string,
  settings: ApplicationSettings,
  jobXMLs: ReadonlyMap<string, string>
): Promise<void> {
  const directory = join(appsDir, settings.application)
  await mkdir(join(directory, 'batch-jobs'), { recursive: true })
  await mkdir(join(settings.exchange, 'calls'), { recursive: true })
  for (const [name, text] of jobXMLs) await writeFile(join(directory, 'batch-jobs', `${name}.xml`), text)
  await writeFile(
    join(directory, 'artifacts.mjs'),
    `import { adaptArtifacts } from ${JSON.stringify(ADAPTER)}
export default await adaptArtifacts(${JSON.stringify(settings, null, 2)})
`
  )
}
