export { backUpFolder, type Running } from './backup.js';
export { type Carried, exportStore, importFile, moveStore, type TransferOptions } from './transfer.js';
