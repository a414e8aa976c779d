// Preloaded by npm start and npm run dev: takes settings from a file .env (Node's own --env-file-if-exists writes a line each
// time there is none).
import { readEnvFile } from '../src/config/env-file.ts'

readEnvFile()
