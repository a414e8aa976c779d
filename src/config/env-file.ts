// Settings from a file `.env` in the working directory; nothing is said where there is none.
import { existsSync } from 'node:fs'
import { loadEnvFile } from 'node:process'

const FILE = '.env'

/** What the environment has already counts more. Throws when the file is there and cannot be read. */
export function readEnvFile(): void {
  if (existsSync(FILE)) loadEnvFile(FILE)
}
