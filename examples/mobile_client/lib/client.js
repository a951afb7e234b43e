'use strict'
// One phone: its database, its server, and the order in which it syncs.

const { randomUUID } = require('node:crypto')
const { synchronize } = require('@nozbe/watermelondb/sync')
const { openDatabase } = require('./database')
const { markSentSince } = require('./journal')
const { pullChanges } = require('./pulling')
const { pushChanges } = require('./pushing')
const { listRefusals } = require('./refusals')
const { Server } = require('./server')
const uploads = require('./uploads')

// The first schema from which apps in use may come; older ones start anew.
const MIGRATIONS_SINCE = 1

class Phone {
  // `now` and `fetch` are the device's: tests give clocks that are wrong and lines that break.
  static async open({ path, url, token, deviceId, appVersion = '1.0.0', ...options }) {
    const { now = Date.now, fetch = globalThis.fetch, app, pageSize } = options
    const phone = new Phone()
    Object.assign(phone, await openDatabase(path, app), { now, pageSize })
    phone.server = new Server({ url, token, deviceId, appVersion, now, fetch })
    phone.server.restoreSeen = await phone.recall('restore_seen')
    phone.aheadMs = (await phone.recall('ahead_ms')) ?? 0
    return phone
  }

  // Push before pulling, for a pull destroys unsent edits of records that the phone loses.
  async sync() {
    try {
      await this.rescueAndSync()
    } catch (problem) {
      if (problem.code !== 'server_restored') throw problem
      await markSentSince(this, problem.told)
      await this.rescueAndSync()
    } finally {
      await this.save()
    }
  }

  async rescueAndSync() {
    const push = (local) => pushChanges(this, local)
    const lastPulledAt = Number(await this.database.adapter.getLocal(LAST_PULLED_AT))
    if (lastPulledAt) {
      const nothing = async () => ({ changes: {}, timestamp: lastPulledAt })
      await synchronize({ database: this.database, pullChanges: nothing, pushChanges: push })
    }
    await synchronize({
      database: this.database,
      pullChanges: (asked) => pullChanges(this, asked),
      pushChanges: push,
      sendCreatedAsUpdated: true,
      migrationsEnabledAtVersion: MIGRATIONS_SINCE,
    })
  }

  async create(table, columns) {
    const { id = randomUUID().replaceAll('-', ''), ...rest } = columns
    return this.write(() =>
      this.database.get(table).create((record) => {
        record._raw.id = id
        this.fill(record, rest)
      }),
    )
  }

  async edit(table, id, columns) {
    const record = await this.database.get(table).find(id)
    return this.write(() => record.update(() => this.fill(record, columns)))
  }

  async remove(table, id) {
    const record = await this.database.get(table).find(id)
    return this.write(() => record.markAsDeleted())
  }

  fill(record, columns) {
    Object.assign(record, columns)
    record._setRaw('updated_at', this.now())
  }

  async write(change) {
    const record = await this.database.write(change)
    await this.save()
    return record && { ...record._raw }
  }

  async find(table, id) {
    const record = await this.database.get(table).find(id).catch(() => null)
    return record && { ...record._raw }
  }

  async rows(table) {
    return (await this.database.get(table).query().fetch()).map((record) => ({ ...record._raw }))
  }

  knows(table) {
    return this.tables.some(({ name }) => name === table)
  }

  refusals() {
    return listRefusals(this)
  }

  attach(file) {
    return uploads.attach(this, file)
  }

  pendingUploads() {
    return uploads.listPending(this)
  }

  sendUploads() {
    return uploads.sendPending(this)
  }

  // The server's time by what it last said: the device's clock may be days off.
  serverNow() {
    return this.now() - this.aheadMs
  }

  async noteServerTime(serverTime) {
    this.aheadMs = this.now() - serverTime
    await this.remember('ahead_ms', this.aheadMs)
  }

  recall(name) {
    return this.database.localStorage.get(name)
  }

  remember(name, value) {
    return this.database.localStorage.set(name, value)
  }
}

const LAST_PULLED_AT = '__watermelon_last_pulled_at' // WatermelonDB's own note

module.exports = { Phone }
