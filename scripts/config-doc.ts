// The settings in docs/configuration.md and .env.example, printed from src/config/config-keys.ts: one sentence, told once.
import { CONFIG_KEYS, type ConfigForm } from '../src/config/config-keys.ts'

const KEYS: readonly [string, { readonly form: ConfigForm; readonly sentence: string }][] =
  Object.entries(CONFIG_KEYS)

/** The printed blocks of docs/configuration.md by name. */
export function configBlocks(): Record<string, string> {
  const rows = KEYS.map(
    ([key, { form, sentence }]) =>
      `| \`${key}\` | ${defaultOf(form)} | ${valuesOf(form)} | ${sentence.replaceAll('|', '\\|')} |`
  )
  return { settings: ['| setting | default | values | |', '| --- | --- | --- | --- |', ...rows].join('\n') }
}

/** The whole of .env.example. */
export function envExample(): string {
  const settings = KEYS.map(([key, { form, sentence }]) => `# ${sentence}\n#${key}=${form.default ?? ''}\n`)
  return [
    '# Settings of a Batchyard server. Copy to .env (npm start and npm run dev read it) and take the # off what you change.',
    '# Printed from src/config/config-keys.ts by npm run docs:print.\n',
    ...settings
  ].join('\n')
}

function defaultOf(form: ConfigForm): string {
  return form.default === null ? '' : `\`${form.default}\``
}

function valuesOf(form: ConfigForm): string {
  switch (form.kind) {
    case 'number':
      return `${form.min} to ${form.max}`
    case 'choice':
      return form.of.map(value => `\`${value}\``).join(', ')
    case 'path':
      return form.default === null ? 'a file' : 'a folder'
    case 'limits':
      return 'a JSON object of limits'
    case 'strings':
      return 'a JSON object of strings'
    case 'list':
      return `${{ path: 'folders', url: 'URLs', name: 'names' }[form.of]} parted by commas, or a JSON array of strings`
    case 'text':
      return 'a text'
  }
}
