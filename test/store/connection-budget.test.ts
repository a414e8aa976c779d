// A server that PostgreSQL has no connections for does not start, and says with which figures.
import t from 'tap'
import { checkConnectionBudget } from '../../src/store/connection-budget.ts'
import { createDatabase } from '../support/database.ts'
import { server } from './repository.ts'

const { db } = await createDatabase(t)

t.test('E10 connections needed are counted over all live servers', async t => {
  await checkConnectionBudget(db, 4)
  await t.rejects(checkConnectionBudget(db, 100_000), {
    name: 'DatabaseUnusable',
    message:
      /offers \d+ connections .* 1 server like this one \(100000 threads\) need 100015: .*BATCH_THREADS/
  })
  for (let other = 0; other < 20; other++) await server(db)
  await t.rejects(checkConnectionBudget(db, 4), { message: /21 servers like this one .* need 399/ })
})
