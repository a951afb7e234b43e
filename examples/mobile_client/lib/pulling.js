'use strict'
// One pull for WatermelonDB, made of all the pages that the server gives.

const { Q } = require('@nozbe/watermelondb')
const { keepDrafts } = require('./refusals')

const PAGE = 2000

async function pullChanges(phone, { lastPulledAt, schemaVersion, migration }) {
  const pages = new Pages()
  let page
  do {
    page = await phone.server.pull({
      last_pulled_at: page ? page.timestamp : lastPulledAt,
      schema_version: schemaVersion,
      migration: migration && JSON.stringify(migration),
      limit: phone.pageSize ?? PAGE,
    })
    pages.add(page)
  } while (page.has_more)
  await phone.noteServerTime(page.server_time)
  const changes = pages.changes()
  await keepDrafts(phone, await endangered(phone, changes, pages.strategy))
  return { changes, timestamp: page.timestamp, experimentalStrategy: pages.strategy }
}

// A record may stand on several pages, now there and now gone: what the last one says is true.
class Pages {
  constructor() {
    this.tables = {}
    this.strategy = undefined
  }

  add({ changes, experimentalStrategy }) {
    this.strategy ??= experimentalStrategy
    for (const [table, { created, updated, deleted }] of Object.entries(changes)) {
      const records = (this.tables[table] ??= new Map())
      for (const row of [...created, ...updated]) records.set(row.id, row)
      for (const id of deleted) records.set(id, null)
    }
  }

  changes() {
    const merged = {}
    for (const [table, records] of Object.entries(this.tables)) {
      const all = [...records]
      merged[table] = {
        created: [],
        updated: all.filter(([, row]) => row).map(([, row]) => row),
        deleted: all.filter(([, row]) => !row).map(([id]) => id),
      }
    }
    return merged
  }
}

// What the user edited since the rescue push, and the stock client is about to destroy.
async function endangered(phone, changes, strategy) {
  const found = []
  for (const [table, { updated, deleted }] of Object.entries(changes)) {
    if (!phone.knows(table)) continue
    const kept = new Set(updated.map((row) => row.id))
    const lost = new Set(deleted)
    const edited = Q.where('_status', Q.oneOf(['created', 'updated']))
    for (const { _raw: row } of await phone.database.get(table).query(edited).fetch()) {
      const isReplaced = strategy === 'replacement' && row._status === 'updated' && !kept.has(row.id)
      if (lost.has(row.id) || isReplaced) found.push({ table, row: { ...row } })
    }
  }
  return found
}

module.exports = { pullChanges, Pages }
