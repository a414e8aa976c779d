// `batchyard user`: who may log in, and as what. It edits the users file; a running server sees the change within seconds.
import { Command } from 'commander'
import { ROLES } from '../../batch/role.ts'
import { CliError, EXIT } from '../cli-error.ts'
import { locally } from './locally.ts'
import { newPassword } from './new-password.ts'

interface FileOption {
  readonly file?: string
}

interface AddOptions extends FileOption {
  readonly role?: readonly string[]
  readonly group?: readonly string[]
  readonly passwordFile?: string
}

/** A user as in the file. */
interface UserRecord {
  readonly user: string
  readonly hash: string
  readonly roles: readonly string[]
  readonly groups: readonly string[]
}

export function userCommand(): Command {
  const user = new Command('user').description(
    'users of the file BATCH_USERS_FILE: their passwords, roles and groups'
  )
  const roles = ROLES.join(', ')
  withFile(user.command('add <name>'))
    .description('add a user; the password is asked for, or read from standard input')
    .option('-r, --role <role...>', `roles: ${roles}`)
    .option('-g, --group <group...>', 'operation groups, for the group roles')
    .option('--password-file <path>', 'read the password from the first line of a file; - = standard input')
    .action((name: string, options: AddOptions) => locally(() => add(name, options)))
  withFile(user.command('passwd <name>'))
    .description('give a user another password')
    .option('--password-file <path>', 'read the password from the first line of a file; - = standard input')
    .action((name: string, options: AddOptions) => locally(() => passwd(name, options)))
  withFile(user.command('role <name> [roles...]'))
    .description(`give a user these roles in place of what he has (none = none): ${roles}`)
    .action((name: string, given: string[], options: FileOption) =>
      locally(() => change(name, options, before => ({ ...before, roles: listOf(given) })))
    )
  withFile(user.command('group <name> [groups...]'))
    .description('give a user these operation groups in place of what he has (none = none)')
    .action((name: string, given: string[], options: FileOption) =>
      locally(() => change(name, options, before => ({ ...before, groups: listOf(given) })))
    )
  withFile(user.command('remove <name>'))
    .description('remove a user; his jobs stay')
    .action((name: string, options: FileOption) => locally(() => change(name, options, () => null)))
  withFile(user.command('list'))
    .description('users with their roles and groups')
    .action((options: FileOption) => locally(() => list(options)))
  return user
}

function withFile(command: Command): Command {
  return command.option('-f, --file <path>', 'the users file; without it the one of BATCH_USERS_FILE')
}

async function add(name: string, options: AddOptions): Promise<void> {
  const { LOCKED } = await import('../../security/users-file.ts')
  const user: UserRecord = {
    user: name.normalize('NFC'),
    hash: LOCKED,
    roles: listOf(options.role),
    groups: listOf(options.group)
  }
  // What is wrong with a name or a role is said before a password is asked for.
  await check(user)
  const { hashPassword } = await import('../../security/argon2.ts')
  const hash = await hashPassword(await newPassword(user.user, options.passwordFile))
  await edit(name, options, before => {
    if (before !== null)
      throw new CliError(EXIT.failed, `There is a user ${user.user} already; see passwd, role and group.`)
    return { ...user, hash }
  })
}

async function passwd(name: string, options: AddOptions): Promise<void> {
  const { hashPassword } = await import('../../security/argon2.ts')
  const hash = await hashPassword(await newPassword(name, options.passwordFile))
  await change(name, options, before => ({ ...before, hash }))
}

async function change(
  name: string,
  options: FileOption,
  make: (before: UserRecord) => UserRecord | null
): Promise<void> {
  await edit(name, options, before => {
    if (before === null)
      throw new CliError(EXIT.failed, `There is no user ${name}; batchyard user list shows who is.`)
    return make(before)
  })
}

async function edit(
  name: string,
  options: FileOption,
  make: (before: UserRecord | null) => UserRecord | null
): Promise<void> {
  const { editUsersFile } = await import('../../security/edit-users-file.ts')
  const { systemClock } = await import('../../service/clock.ts')
  await editUsersFile(await fileOf(options), name, make, systemClock)
}

async function check({ user, roles, groups }: UserRecord): Promise<void> {
  const { checkUser } = await import('../../security/users-file.ts')
  try {
    checkUser(user, roles, groups)
  } catch (error) {
    throw new CliError(EXIT.badValue, (error as Error).message)
  }
}

async function list(options: FileOption): Promise<void> {
  const { readUsersFile } = await import('../../security/edit-users-file.ts')
  for (const { user, roles, groups } of await readUsersFile(await fileOf(options)))
    console.log([user, roles.join(',') || '-', groups.join(',') || '-'].join('\t'))
}

/** Repeated, with blanks, or with commas between. */
function listOf(given: readonly string[] = []): readonly string[] {
  return [...new Set(given.flatMap(one => one.split(',')).filter(one => one !== ''))]
}

/** The configuration is read only where it is needed: its other faults do not matter here. */
async function fileOf({ file }: FileOption): Promise<string> {
  if (file !== undefined) return file
  const { usersFileSetting } = await import('../../config/users-file-setting.ts')
  const configured = usersFileSetting()
  if (configured === null)
    throw new CliError(EXIT.missing, 'Which users file? Give --file, or set BATCH_USERS_FILE.')
  return configured
}
