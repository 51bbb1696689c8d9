import { createRequire } from 'node:module';
import express from 'express';
import { describeHost } from './behaviours.js';
import { expressHost } from './express-host.js';

// It has no types of its own under this name.
const express4 = createRequire(import.meta.url)('express4') as typeof express;

describeHost(expressHost('Express 5', express));
describeHost(expressHost('Express 4', express4));
