// After all test files: nothing of the run is left behind.
import { endTestPostgres } from './support/test-postgres.ts'

await endTestPostgres()
