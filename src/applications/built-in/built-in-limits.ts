// What the built-in artifacts may reach: without it a JSL sent inline could read any file, call any address and open any database.
import { resolve } from 'node:path'
import { isBelow, realPathOf } from './real-path.ts'
import { allowsURL, shownURL } from './url-rules.ts'

/** From the configuration to each executor thread, so it must be cloneable. */
export interface BuiltInSettings {
  /** BATCH_CONNECTIONS: PostgreSQL URLs by name. */
  readonly connections: Readonly<Record<string, string>>
  /** BATCH_INLINE_FOLDERS, absolute. */
  readonly inlineFolders: readonly string[]
  /** BATCH_INLINE_URLS: origin, or origin and the path below which all is allowed. */
  readonly inlineURLs: readonly string[]
  /** BATCH_INLINE_CONNECTIONS: names of `connections`. */
  readonly inlineConnections: readonly string[]
  /** BATCH_SHELL: who may run commands of the operating system. */
  readonly shell: 'off' | 'packaged' | 'inline'
  /** All that commands inherit (PATH, HOME …): the server's own environment has passwords in it. */
  readonly shellEnvironment: Readonly<Record<string, string>>
}

/** The defaults: packaged JSL reaches files and URLs, inline JSL nothing at all. */
export const NOTHING_INLINE: BuiltInSettings = {
  connections: {},
  inlineFolders: [],
  inlineURLs: [],
  inlineConnections: [],
  shell: 'off',
  shellEnvironment: {}
}

/**
 * The judge of what a property of a built-in artifact names. `inline`: the JSL came with the request (its author is not
 * trusted), not with an application that an administrator installed.
 */
export interface BuiltInLimits {
  /**
   * The absolute path with every link followed, also for a file that does not exist yet: open this one and no other.
   * Relative paths begin at the application's folder.
   * @throws Error naming the folders and their setting
   */
  checkFile(path: string, inline: boolean): Promise<string>
  /**
   * http and https only. Call it for each address anew: a redirect or a next page is another one.
   * @throws Error naming what is allowed and its setting
   */
  checkURL(url: string, inline: boolean): URL
  /**
   * The PostgreSQL URL of a configured connection; it bears a password and belongs into no log.
   * @throws Error naming the connections there are, without their URLs
   */
  connectionURL(name: string, inline: boolean): string
  /** @throws Error naming the setting */
  checkShell(inline: boolean): void
  readonly shellEnvironment: Readonly<Record<string, string>>
  /** The folders that a JSL sent inline may use, absolute. */
  readonly inlineFolders: readonly string[]
}

/** What a built-in artifact is made with. */
export interface BuiltInSetting {
  readonly inline: boolean
  readonly limits: BuiltInLimits
  /** What the application's module exports, by name; absent: nothing. */
  readonly exports?: Readonly<Record<string, unknown>>
}

/** `directory` = the application's folder, absolute. */
export function builtInLimits(settings: BuiltInSettings, directory: string): BuiltInLimits {
  return {
    async checkFile(path, inline) {
      if (path === '' || path.includes('\0')) throw new Error('A path must be neither empty nor contain NUL.')
      const real = await realPathOf(resolve(directory, path))
      if (!inline) return real
      for (const folder of settings.inlineFolders) if (isBelow(real, await realPathOf(folder))) return real
      throw refused(`the file ${path}`, 'folders', 'BATCH_INLINE_FOLDERS', settings.inlineFolders)
    },

    checkURL(url, inline) {
      const parsed = URL.canParse(url) ? new URL(url) : null
      if (parsed === null || !/^https?:$/.test(parsed.protocol))
        throw new Error(`${shownURL(url)} is no http or https URL.`)
      // Where it is written down it is logged too, and `http://allowed@evil/` is meant to be misread.
      if (parsed.username !== '' || parsed.password !== '')
        throw new Error(
          `${shownURL(url)} has a user or password; credentials belong into the headers property.`
        )
      if (inline && !settings.inlineURLs.some(allowed => allowsURL(allowed, parsed)))
        throw refused(`the URL ${shownURL(url)}`, 'URLs', 'BATCH_INLINE_URLS', settings.inlineURLs)
      return parsed
    },

    connectionURL(name, inline) {
      if (inline && !settings.inlineConnections.includes(name))
        throw refused(
          `the connection ${name}`,
          'connections',
          'BATCH_INLINE_CONNECTIONS',
          settings.inlineConnections
        )
      if (!Object.hasOwn(settings.connections, name))
        throw new Error(
          `There is no connection ${name}; BATCH_CONNECTIONS has ${namesIn(Object.keys(settings.connections))}.`
        )
      return settings.connections[name]!
    },

    checkShell(inline) {
      if (settings.shell === 'off')
        throw new Error('shellBatchlet is not allowed on this server: BATCH_SHELL is off.')
      if (inline && settings.shell !== 'inline')
        throw new Error('A JSL sent inline may not use shellBatchlet: BATCH_SHELL is packaged, not inline.')
    },

    shellEnvironment: settings.shellEnvironment,
    inlineFolders: settings.inlineFolders
  }
}

function refused(what: string, kind: string, key: string, allowed: readonly string[]): Error {
  return new Error(
    `A JSL sent inline may not use ${what}; the ${kind} it may use (${key}) are: ${namesIn(allowed)}.`
  )
}

function namesIn(names: readonly string[]): string {
  return names.length === 0 ? 'none' : names.join(', ')
}
