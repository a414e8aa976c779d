// What the configuration means for jobs: what their built-in artifacts may reach, and the system properties of packaged JSL.
import type { Config } from './config.ts'

/** `databaseUrl`: of the job repository. */
export function builtInSettings(config: Config, databaseUrl: string) {
  return {
    connections: { ...config.BATCH_CONNECTIONS, repository: databaseUrl },
    inlineFolders: config.BATCH_INLINE_FOLDERS ?? [],
    inlineURLs: config.BATCH_INLINE_URLS ?? [],
    inlineConnections: config.BATCH_INLINE_CONNECTIONS ?? [],
    shell: config.BATCH_SHELL,
    shellEnvironment: config.shellEnvironment
  }
}

export function systemProperties(config: Config, databaseUrl: string): Readonly<Record<string, string>> {
  return {
    ...config.BATCH_SYSTEM_PROPERTIES,
    'batchyard.database.url': databaseUrl,
    'batchyard.data.dir': config.BATCH_DATA_DIR
  }
}
