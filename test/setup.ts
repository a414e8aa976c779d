// Before all test files: the PostgreSQL that they share is up, so that none of them waits for it alone.
import { beginTestRun } from './support/test-postgres.ts'

await beginTestRun()
