// The operations for bulk jobs that every installation has: objects of buckets that are folders, HTTP, and one for trying.
export { copyObject, deleteObject, headObject } from './objects.ts'
export { failEvery } from './fail-every.ts'
export { httpRequest } from './http-request.ts'
