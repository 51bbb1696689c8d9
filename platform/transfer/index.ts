export { type Carried, exportStore, importFile, moveStore, type TransferOptions } from './transfer.js';
