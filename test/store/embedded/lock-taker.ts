// Without this program no test could see many processes reach for one lock: it tries whenever its parent says so, and tells what it got.
import { takeLock } from '../../../src/store/embedded/directory-lock.ts'

const [directory = ''] = process.argv.slice(2)

process.on('message', () => {
  takeLock(directory).then(
    attempt => process.send?.(attempt.taken),
    (error: unknown) => process.send?.(String(error))
  )
})
process.on('disconnect', () => process.exit())
process.send?.('ready')
