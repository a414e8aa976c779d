// The realm of every challenge. The product's: clients that keep passwords by realm find theirs.
export const REALM = 'ibm/api'
