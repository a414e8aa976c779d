// Preloaded by npm start and npm run dev: takes settings from a file .env, and says nothing where there is none (Node's own
// --env-file-if-exists writes a line each time).
import { existsSync } from 'node:fs'
import { loadEnvFile } from 'node:process'

const FILE = '.env'

if (existsSync(FILE)) loadEnvFile(FILE)
