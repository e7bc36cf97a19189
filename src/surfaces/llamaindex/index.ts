export * from './postprocessor.js';
