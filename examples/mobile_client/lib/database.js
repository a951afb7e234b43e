'use strict'
// The phone's database in one file. An app takes WatermelonDB's SQLite adapter instead; this one
// needs nothing compiled, and a file that is replaced as a whole survives a killed app just as well.

const { Database } = require('@nozbe/watermelondb')
const LokiJSAdapter = require('@nozbe/watermelondb/adapters/lokijs').default
const logger = require('@nozbe/watermelondb/utils/common/logger').default
const fs = require('node:fs')
const { describe } = require('./schema')

logger.silence() // it tells of every migration and batch; stdout is not ours to write on

// The file is whole at every moment: written beside, synced, and put in the old one's place.
const oneFile = {
  loadDatabase(path, done) {
    done(fs.existsSync(path) ? fs.readFileSync(path, 'utf8') : null)
  },
  saveDatabase(path, content, done) {
    fs.writeFileSync(`${path}~`, content, { flush: true })
    fs.renameSync(`${path}~`, path)
    done()
  },
  deleteDatabase(path, done) {
    fs.rmSync(path, { force: true })
    done()
  },
}

async function openDatabase(path, app) {
  const { schema, migrations, models, tables } = describe(app)
  const failure = {}
  const adapter = new LokiJSAdapter({
    dbName: path,
    schema,
    migrations,
    useWebWorker: false,
    useIncrementalIndexedDB: true,
    extraLokiOptions: { autosave: false, verbose: false },
    onSetUpError: (error) => { failure.error = error },
    _testLokiAdapter: oneFile,
  })
  const database = new Database({ adapter, modelClasses: models })
  await database.localStorage.get('opened').catch((error) => { // waits for the set-up
    throw failure.error ?? error
  })
  return { database, tables, save: () => save(adapter) }
}

function save(adapter) {
  return new Promise((resolve, reject) => {
    adapter._driver.loki.saveDatabase((error) => (error ? reject(error) : resolve()))
  })
}

module.exports = { openDatabase }
