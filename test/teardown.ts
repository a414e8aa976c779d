// After all test files: nothing of the run is left behind.
import { endTestRun } from './support/test-postgres.ts'

await endTestRun()
