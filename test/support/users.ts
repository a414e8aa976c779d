// Users for tests: a users file with one of each kind, and requests as one of them. Everybody's password is his name and `pwd`.
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { hash } from '@node-rs/argon2'
import type { Role } from '../../src/batch/role.ts'

/** As cheap as can be: tests log in often. */
export const CHEAP = { memoryCost: 1024, timeCost: 1 }

export const USERS: Readonly<Record<string, { readonly roles: readonly Role[]; readonly groups?: string }>> =
  {
    admin: { roles: ['batchAdmin'] },
    bob: { roles: ['batchSubmitter'] },
    alice: { roles: ['batchSubmitter'] },
    mona: { roles: ['batchMonitor'] },
    sam: { roles: ['batchSubmitter', 'batchMonitor'] },
    gina: { roles: ['batchGroupAdmin'], groups: 'finance' },
    gus: { roles: ['batchGroupMonitor'], groups: 'finance,audit' },
    olga: { roles: ['batchGroupAdmin'], groups: 'others' },
    nora: { roles: ['batchGroupAdmin'] },
    sigi: { roles: ['batchSubmitter', 'batchGroupMonitor'], groups: 'finance' },
    nobody: { roles: [] }
  }

/** Its path. */
export async function writeUsersFile(directory: string): Promise<string> {
  const lines = await Promise.all(
    Object.entries(USERS).map(
      async ([user, { roles, groups = '' }]) =>
        `${user}:${await hash(`${user}pwd`, CHEAP)}:${roles.join(',')}:${groups}`
    )
  )
  const file = path.join(directory, 'users')
  await writeFile(file, `# of the tests\n${lines.join('\n')}\n`, { mode: 0o600 })
  return file
}

export function as(user: string, password = `${user}pwd`): { readonly authorization: string } {
  return { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` }
}
