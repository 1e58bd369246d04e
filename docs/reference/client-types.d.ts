// Types of Slipway's API, made by `npm run docs` of docs/reference/openapi.json.

export interface paths {
    "/api/deployment/health": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read the health of Slipway
         * @description Returns within 2 s. If a part is out of reach, the status is 503 and the body has the known facts.
         */
        get: operations["getHealth"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/deployments/health": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read the health of Slipway
         * @description Returns within 2 s. If a part is out of reach, the status is 503 and the body has the known facts.
         */
        get: operations["getDeploymentsHealth"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/deployments": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List deployments
         * @description Unfinished deployments come first, then those that ended last. The `Link` header names the next page.
         */
        get: operations["listDeployments"];
        put?: never;
        /**
         * Start a deployment
         * @description 202 means that the deployment is durable: it reaches exactly one end, even if parts of Slipway die.
         */
        post: operations["startDeployment"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/deployments/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a deployment
         * @description Returns the status, the attempts, and the error if the deployment failed.
         */
        get: operations["getDeployment"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/deployments/{id}/progress": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read the progress of a deployment
         * @description `Accept: text/event-stream` follows the progress to the end.
         */
        get: operations["getProgress"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/deployments/{id}/logs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a deployment's log
         * @description Returns the output of the steps. `Accept: text/event-stream` follows the log.
         */
        get: operations["getDeploymentLogs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/deployments/{id}/callbacks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List a deployment's callbacks
         * @description Each callback has its deliveries, the last error, and the time of the next try.
         */
        get: operations["listCallbacks"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/deployments/{id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Cancel a deployment
         * @description Returns 200 after the cancel is complete. After 10 s it returns 202, and the cancel continues.
         */
        post: operations["cancelDeployment"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/uploads": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Upload a source
         * @description The body is a gzip tar. Use the returned id in `"source":{"type":"archive"}`.
         */
        post: operations["uploadSource"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/deployments/batch": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Deploy several services
         * @description Each item begins when the services that it depends on are up.
         */
        post: operations["startBatch"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/batches/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a batch
         * @description Returns the status of the batch and of each item.
         */
        get: operations["getBatch"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/batches/{id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Cancel a batch
         * @description Ends running items, and drops waiting items. Completed items stay.
         */
        post: operations["cancelBatch"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/services": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List services
         * @description A page has up to 1,000 services. The `Link` header names the next page.
         */
        get: operations["listServices"];
        put?: never;
        /**
         * Register a service
         * @description Registers a service before its first deployment, or an external service, which Slipway only watches.
         */
        post: operations["registerService"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/services/discovery": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List services by type
         * @description Returns all services in four groups. Slipway itself is in the first group.
         */
        get: operations["discoverServices"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/services/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a service
         * @description Returns the state of a service and its kept releases.
         */
        get: operations["getService"];
        put?: never;
        post?: never;
        /**
         * Unregister a service
         * @description Stops the app, and removes its releases and logs. `purge` removes its data too, also data that an earlier unregistration left.
         */
        delete: operations["unregisterService"];
        options?: never;
        head?: never;
        /**
         * Change the registration of a service
         * @description Changes type, dependencies, health URL and isolation. Name and kind stay.
         */
        patch: operations["patchService"];
        trace?: never;
    };
    "/api/services/{name}/health": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read the health of a service
         * @description Returns the result of the last health check.
         */
        get: operations["getServiceHealth"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/services/{name}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the events of a service
         * @description Returns the last events, oldest first.
         */
        get: operations["listServiceEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/services/{name}/releases": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the kept releases of a service
         * @description The release that served last comes first.
         */
        get: operations["listReleases"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/services/{name}/logs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a service's log
         * @description Returns the app's output. `Accept: text/event-stream` follows the log.
         */
        get: operations["getServiceLogs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/services/{name}/start": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Start a service
         * @description 202 means that the command was accepted. The event with its `command_id` says how it ended.
         */
        post: operations["startService"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/services/{name}/stop": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Stop a service
         * @description 202 means that the command was accepted. The event with its `command_id` says how it ended.
         */
        post: operations["stopService"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/services/{name}/restart": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Restart a service
         * @description 202 means that the command was accepted. The event with its `command_id` says how it ended.
         */
        post: operations["restartService"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/services/{name}/rollback": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Roll back a service
         * @description Without a release, the rollback takes the release that served before. 202 means that the command was accepted; the event with its `command_id` says how it ended.
         */
        post: operations["rollbackService"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/permissions/check": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Check a permission
         * @description Returns whether a user can do an action with the calling key, or by a policy.
         */
        get: operations["checkPermission"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List keys
         * @description Returns all keys without their secrets.
         */
        get: operations["listKeys"];
        put?: never;
        /**
         * Create a key
         * @description Only this answer contains the key.
         */
        post: operations["createKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/keys/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Revoke a key
         * @description The key is invalid at once, and its open streams end within 5 s.
         */
        delete: operations["revokeKey"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/login-codes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Create a login link
         * @description The link logs one browser in, once, within ten minutes.
         */
        post: operations["createLoginCode"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Create a session from a login code
         * @description A session is a key for twelve hours. It ends earlier if the key that created the code is revoked.
         */
        post: operations["createSession"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/callbacks/secret": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Read the secret of a callback URL
         * @description Returns the secret that signs callbacks to the URL. Give it to the receiver.
         */
        post: operations["getCallbackSecret"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read the audit trail
         * @description Returns the latest lines first. `format=ndjson` returns a whole trail as it is stored, oldest first.
         */
        get: operations["listAudit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/audit/verify": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Verify the audit trail
         * @description Returns the lines after which the trail was changed.
         */
        get: operations["verifyAudit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/openapi.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read this description
         * @description Returns this document, in OpenAPI 3.1.
         */
        get: operations["getDescription"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/docs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Open the documentation page
         * @description Returns a page to read and try the API.
         */
        get: operations["getDocs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/livez": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Check that the API runs
         * @description Returns 200 while the API runs. The call checks no other part.
         */
        get: operations["getLiveness"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/readyz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Check that Slipway can deploy
         * @description Returns 200 if the API, Temporal and the worker answer.
         */
        get: operations["getReadiness"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read the metrics
         * @description Returns metrics in the format of Prometheus.
         */
        get: operations["getMetrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        __schema0: string | number | boolean | null | components["schemas"]["__schema0"][] | {
            [key: string]: components["schemas"]["__schema0"];
        };
        __schema1: string | number | boolean | null | components["schemas"]["__schema1"][] | {
            [key: string]: components["schemas"]["__schema1"];
        };
        __schema2: string | number | boolean | null | components["schemas"]["__schema2"][] | {
            [key: string]: components["schemas"]["__schema2"];
        };
        /**
         * @example {
         *       "api_status": "ready",
         *       "timestamp": "2026-01-02T03:04:05.000Z",
         *       "version": "1.0.0",
         *       "deployment_managers": {
         *         "docker": {
         *           "status": "available"
         *         },
         *         "uv": {
         *           "status": "available"
         *         },
         *         "fallback": {
         *           "status": "available"
         *         }
         *       },
         *       "active_deployments": 0,
         *       "queued_deployments": 0,
         *       "max_concurrent_deployments": 3,
         *       "system_resources": {
         *         "cpu_percent": 25.3,
         *         "memory_percent": 45.2,
         *         "disk_percent": 60.1
         *       },
         *       "statistics": {
         *         "total_deployments": 15,
         *         "successful_deployments": 12,
         *         "failed_deployments": 2,
         *         "cancelled_deployments": 1,
         *         "average_deployment_time": 145.3
         *       },
         *       "hosts": []
         *     }
         */
        Health: {
            /** @enum {string} */
            api_status: "ready" | "deploying" | "monitoring" | "maintenance" | "error";
            /**
             * Format: date-time
             * @example 2026-01-02T03:04:05.000Z
             */
            timestamp: string;
            version: string;
            deployment_managers: {
                docker: {
                    /** @enum {string} */
                    status: "available" | "unavailable";
                    reason?: string;
                } & {
                    [key: string]: unknown;
                };
                uv: {
                    /** @enum {string} */
                    status: "available" | "unavailable";
                    reason?: string;
                } & {
                    [key: string]: unknown;
                };
                fallback: {
                    /** @enum {string} */
                    status: "available" | "unavailable";
                    reason?: string;
                } & {
                    [key: string]: unknown;
                };
            };
            active_deployments: number;
            queued_deployments: number;
            max_concurrent_deployments: number;
            system_resources: {
                cpu_percent: number;
                memory_percent: number;
                disk_percent: number;
            } & {
                [key: string]: unknown;
            };
            statistics: {
                total_deployments: number;
                successful_deployments: number;
                failed_deployments: number;
                cancelled_deployments: number;
                average_deployment_time: number;
            } & {
                [key: string]: unknown;
            };
            hosts: ({
                host: string;
                /**
                 * Format: date-time
                 * @example 2026-01-02T03:04:05.000Z
                 */
                last_beat: string;
                instances: number;
            } & {
                [key: string]: unknown;
            })[];
            warnings?: string[];
        } & {
            [key: string]: unknown;
        };
        Problem: {
            type: string;
            title: string;
            status: number;
            detail: string;
            instance: string;
            code: string;
            /** @enum {string} */
            error: "PermissionError" | "EnvironmentError" | "DeploymentError";
            errors?: ({
                path: string;
                message: string;
            } & {
                [key: string]: unknown;
            })[];
            hint?: string;
        } & {
            [key: string]: unknown;
        };
        /**
         * @example {
         *       "deployment_id": "uv_20260102_030405_a1b2c3d4",
         *       "status": "accepted",
         *       "message": "部署已開始",
         *       "mode": "uv",
         *       "service": "roas-bot",
         *       "start_time": "2026-01-02T03:04:05.000Z",
         *       "estimated_duration": 120,
         *       "progress_url": "/api/deployments/uv_20260102_030405_a1b2c3d4/progress",
         *       "logs_url": "/api/deployments/uv_20260102_030405_a1b2c3d4/logs",
         *       "metadata": {
         *         "initiated_by": "user_12345",
         *         "api_version": "1.0.0"
         *       }
         *     }
         */
        Started: {
            /** @example uv_20260102_030405_a1b2c3d4 */
            deployment_id: string;
            /** @enum {string} */
            status: "accepted" | "queued";
            /** @example 部署已開始 */
            message: string;
            message_en?: string;
            /** @enum {string} */
            mode: "auto" | "docker" | "uv" | "fallback";
            service: string | null;
            /**
             * Format: date-time
             * @example 2026-01-02T03:04:05.000Z
             */
            start_time: string;
            estimated_duration: number;
            queue_position?: number;
            /** @description Accepted fields that may not mean what the caller intended */
            warnings?: ({
                path: string;
                message: string;
            } & {
                [key: string]: unknown;
            })[];
            progress_url: string;
            logs_url: string;
            /**
             * @example {
             *       "initiated_by": "user_12345",
             *       "api_version": "1.0.0"
             *     }
             */
            metadata: {
                [key: string]: components["schemas"]["__schema3"];
            };
        } & {
            [key: string]: unknown;
        };
        /**
         * @example {
         *       "deployment_id": "uv_20260102_030405_a1b2c3d4",
         *       "status": "completed",
         *       "mode": "uv",
         *       "environment": "dev",
         *       "service": "roas-bot",
         *       "start_time": "2026-01-02T03:04:05.000Z",
         *       "end_time": "2026-01-02T03:04:17.500Z",
         *       "duration_seconds": 12.5,
         *       "current_step": "啟動服務",
         *       "step": "start",
         *       "active_mode": "uv",
         *       "progress_percentage": 100,
         *       "estimated_time_remaining": 0,
         *       "logs_available": true,
         *       "is_active": false,
         *       "attempts": [
         *         {
         *           "mode": "uv",
         *           "status": "completed",
         *           "duration_seconds": 12.4
         *         }
         *       ],
         *       "release": "uv_20260102_030405_a1b2c3d4",
         *       "url": "http://127.0.0.1:43127",
         *       "changed": true,
         *       "metadata": {
         *         "initiated_by": "user_12345",
         *         "api_version": "1.0.0"
         *       }
         *     }
         */
        Deployment: {
            /** @example uv_20260102_030405_a1b2c3d4 */
            deployment_id: string;
            /** @enum {string} */
            status: "queued" | "accepted" | "running" | "completed" | "failed" | "cancelled";
            /** @enum {string} */
            mode: "auto" | "docker" | "uv" | "fallback";
            /** @enum {string} */
            environment: "dev" | "staging" | "prod";
            service: string | null;
            batch_id?: string;
            /**
             * Format: date-time
             * @example 2026-01-02T03:04:05.000Z
             */
            start_time: string;
            /**
             * Format: date-time
             * @example 2026-01-02T03:04:05.000Z
             */
            end_time?: string;
            duration_seconds?: number;
            /**
             * @description In Chinese in every language
             * @example 安裝依賴
             */
            current_step: string;
            current_step_en?: string;
            step: ("prepare" | "check" | "install" | "configure" | "start") | null;
            active_mode: ("docker" | "uv" | "fallback") | null;
            progress_percentage: number;
            estimated_time_remaining: number;
            logs_available: boolean;
            is_active: boolean;
            attempts: components["schemas"]["Attempt"][];
            error?: components["schemas"]["DeploymentError"];
            error_message?: string;
            release?: string;
            url?: string;
            queue_position?: number;
            changed?: boolean;
            /**
             * @description No worker answered: it is what was last known
             * @constant
             */
            stale?: true;
            /**
             * @example {
             *       "initiated_by": "user_12345",
             *       "api_version": "1.0.0"
             *     }
             */
            metadata: {
                [key: string]: components["schemas"]["__schema3"];
            };
        } & {
            [key: string]: unknown;
        };
        Attempt: {
            /** @enum {string} */
            mode: "docker" | "uv" | "fallback";
            /** @enum {string} */
            status: "completed" | "failed" | "skipped" | "cancelled";
            reason?: string;
            /** @enum {string} */
            failed_step?: "prepare" | "check" | "install" | "configure" | "start";
            /** @description `container`, or the user of the host that the app's code ran as. Missing where nothing had changed, so that nothing ran */
            runs_as?: string;
            duration_seconds: number;
        } & {
            [key: string]: unknown;
        };
        DeploymentError: {
            /** @enum {string} */
            type: "EnvironmentError" | "DeploymentError";
            code: string;
            step: ("prepare" | "check" | "install" | "configure" | "start") | null;
            mode: ("docker" | "uv" | "fallback") | null;
            message: string;
            hint?: string;
            log_tail: string[];
        } & {
            [key: string]: unknown;
        };
        /**
         * @example {
         *       "deployment_id": "uv_20260102_030405_a1b2c3d4",
         *       "status": "running",
         *       "current_step": "安裝依賴",
         *       "step": "install",
         *       "active_mode": "uv",
         *       "progress_percentage": 32.1,
         *       "completed_steps": 2,
         *       "total_steps": 5,
         *       "estimated_time_remaining": 81,
         *       "last_update": "2026-01-02T03:04:06.000Z",
         *       "detail": null
         *     }
         */
        Progress: {
            /** @example uv_20260102_030405_a1b2c3d4 */
            deployment_id: string;
            /** @enum {string} */
            status: "queued" | "accepted" | "running" | "completed" | "failed" | "cancelled";
            /**
             * @description In Chinese in every language
             * @example 安裝依賴
             */
            current_step: string;
            current_step_en?: string;
            step: ("prepare" | "check" | "install" | "configure" | "start") | null;
            active_mode: ("docker" | "uv" | "fallback") | null;
            progress_percentage: number;
            completed_steps: number;
            total_steps: number;
            estimated_time_remaining: number;
            /**
             * Format: date-time
             * @example 2026-01-02T03:04:05.000Z
             */
            last_update: string;
            detail: string | null;
            /**
             * @description No worker answered: it is what was last known
             * @constant
             */
            stale?: true;
        } & {
            [key: string]: unknown;
        };
        Delivery: {
            event_id: string;
            /** @enum {string} */
            event_type: "attempt_started" | "step_started" | "step_ended" | "attempt_ended" | "rolled_back" | "ended";
            sequence: number;
            /**
             * Format: date-time
             * @example 2026-01-02T03:04:05.000Z
             */
            timestamp: string;
            /** @enum {string} */
            status: "pending" | "delivered" | "failed" | "dropped";
            /** @description Its origin: the rest is a secret */
            url: string | null;
            attempts: number;
            last_attempt_at: string | null;
            next_attempt_at: string | null;
            delivered_at: string | null;
            last_status: number | null;
            last_error: string | null;
        } & {
            [key: string]: unknown;
        };
        /**
         * @example {
         *       "deployment_id": "uv_20260102_030405_a1b2c3d4",
         *       "status": "cancelled",
         *       "message": "部署已取消",
         *       "cancelled_at": "2026-01-02T03:04:09.000Z"
         *     }
         */
        Cancelled: {
            /** @example uv_20260102_030405_a1b2c3d4 */
            deployment_id: string;
            /** @enum {string} */
            status: "cancelled" | "cancelling";
            message: string;
            message_en?: string;
            /**
             * Format: date-time
             * @example 2026-01-02T03:04:05.000Z
             */
            cancelled_at?: string;
        } & {
            [key: string]: unknown;
        };
        /**
         * @example {
         *       "upload_id": "up_0123456789abcdef01234567",
         *       "sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
         *       "bytes": 2048,
         *       "expires_at": "2026-01-03T03:04:05.000Z"
         *     }
         */
        Upload: {
            upload_id: string;
            sha256: string;
            bytes: number;
            /**
             * Format: date-time
             * @example 2026-01-02T03:04:05.000Z
             */
            expires_at: string;
        } & {
            [key: string]: unknown;
        };
        /**
         * @example {
         *       "batch_id": "batch_20260102_030405_a1b2c3d4",
         *       "status": "running",
         *       "start_time": "2026-01-02T03:04:05.000Z",
         *       "progress_percentage": 50,
         *       "total": 2,
         *       "completed": 1,
         *       "failed": 0,
         *       "cancelled": 0,
         *       "skipped": 0,
         *       "items": [
         *         {
         *           "service": "db",
         *           "deployment_id": "uv_20260102_030405_b2c3d4e5",
         *           "status": "completed",
         *           "reason": null
         *         },
         *         {
         *           "service": "api",
         *           "deployment_id": null,
         *           "status": "waiting",
         *           "reason": null
         *         }
         *       ]
         *     }
         */
        Batch: {
            batch_id: string;
            /** @enum {string} */
            status: "running" | "completed" | "failed" | "cancelled";
            /**
             * Format: date-time
             * @example 2026-01-02T03:04:05.000Z
             */
            start_time: string;
            /**
             * Format: date-time
             * @example 2026-01-02T03:04:05.000Z
             */
            end_time?: string;
            duration_seconds?: number;
            progress_percentage: number;
            total: number;
            completed: number;
            failed: number;
            cancelled: number;
            skipped: number;
            items: ({
                service: string;
                deployment_id: string | null;
                /** @enum {string} */
                status: "waiting" | "running" | "completed" | "failed" | "cancelled" | "skipped";
                reason: string | null;
            } & {
                [key: string]: unknown;
            })[];
            message?: string;
            /** @description Accepted fields that may not mean what the caller intended */
            warnings?: ({
                path: string;
                message: string;
            } & {
                [key: string]: unknown;
            })[];
            /**
             * @description No worker answered: it is what was last known
             * @constant
             */
            stale?: true;
        } & {
            [key: string]: unknown;
        };
        /**
         * @example {
         *       "batch_id": "batch_20260102_030405_a1b2c3d4",
         *       "status": "cancelled",
         *       "message": "批次部署已取消",
         *       "cancelled_at": "2026-01-02T03:04:09.000Z"
         *     }
         */
        BatchCancelled: {
            batch_id: string;
            /** @enum {string} */
            status: "cancelled" | "cancelling";
            message: string;
            /**
             * Format: date-time
             * @example 2026-01-02T03:04:05.000Z
             */
            cancelled_at?: string;
        } & {
            [key: string]: unknown;
        };
        ServiceRow: {
            name: string;
            /** @enum {string} */
            kind: "web" | "worker" | "external";
            /** @enum {string} */
            type: "deployment_service" | "sub_bot" | "ai" | "other";
            /** @enum {string} */
            status: "created" | "initializing" | "running" | "paused" | "stopping" | "stopped" | "error" | "degraded" | "unknown";
            /** @enum {string} */
            health: "healthy" | "degraded" | "unhealthy" | "unknown";
            active_release: string | null;
            /**
             * @description the active release runs in it
             * @enum {string}
             */
            mode?: "docker" | "uv" | "fallback";
            instance: string | null;
            url: string | null;
            depends_on: string[];
            health_url?: string;
            /** @enum {string} */
            isolation: "any" | "container";
            host: string | null;
            restarts: number;
            environment: ("dev" | "staging" | "prod") | null;
            persist?: string[];
            /**
             * Format: date-time
             * @example 2026-01-02T03:04:05.000Z
             */
            created_at: string;
            /**
             * Format: date-time
             * @example 2026-01-02T03:04:05.000Z
             */
            updated_at: string;
            port?: number;
            /**
             * Format: date-time
             * @example 2026-01-02T03:04:05.000Z
             */
            next_start?: string;
            message?: string;
            /** @description what to do about what the message says */
            hint?: string;
            /**
             * @description No worker answered: it is what was last known
             * @constant
             */
            stale?: true;
        } & {
            [key: string]: unknown;
        };
        /**
         * @example {
         *       "name": "roas-bot",
         *       "kind": "worker",
         *       "type": "sub_bot",
         *       "status": "running",
         *       "health": "healthy",
         *       "active_release": "uv_20260102_030405_a1b2c3d4",
         *       "mode": "uv",
         *       "instance": "roas-bot.000001.uv_20260102_030405_a1b2c3d4",
         *       "url": null,
         *       "depends_on": [
         *         "lavalink"
         *       ],
         *       "isolation": "any",
         *       "host": "host-a1b2c3",
         *       "restarts": 0,
         *       "environment": "prod",
         *       "persist": [
         *         "bot.db"
         *       ],
         *       "created_at": "2026-01-02T03:04:05.000Z",
         *       "updated_at": "2026-01-02T03:04:17.000Z",
         *       "releases": [
         *         {
         *           "release": "uv_20260102_030405_a1b2c3d4",
         *           "mode": "uv",
         *           "created_at": "2026-01-02T03:04:10.000Z",
         *           "revision": "3f2a91c",
         *           "deployed_by": "user_12345",
         *           "active": true
         *         }
         *       ]
         *     }
         */
        Service: {
            name: string;
            /** @enum {string} */
            kind: "web" | "worker" | "external";
            /** @enum {string} */
            type: "deployment_service" | "sub_bot" | "ai" | "other";
            /** @enum {string} */
            status: "created" | "initializing" | "running" | "paused" | "stopping" | "stopped" | "error" | "degraded" | "unknown";
            /** @enum {string} */
            health: "healthy" | "degraded" | "unhealthy" | "unknown";
            active_release: string | null;
            /**
             * @description the active release runs in it
             * @enum {string}
             */
            mode?: "docker" | "uv" | "fallback";
            instance: string | null;
            url: string | null;
            depends_on: string[];
            health_url?: string;
            /** @enum {string} */
            isolation: "any" | "container";
            host: string | null;
            restarts: number;
            environment: ("dev" | "staging" | "prod") | null;
            persist?: string[];
            /**
             * Format: date-time
             * @example 2026-01-02T03:04:05.000Z
             */
            created_at: string;
            /**
             * Format: date-time
             * @example 2026-01-02T03:04:05.000Z
             */
            updated_at: string;
            port?: number;
            /**
             * Format: date-time
             * @example 2026-01-02T03:04:05.000Z
             */
            next_start?: string;
            message?: string;
            /** @description what to do about what the message says */
            hint?: string;
            /**
             * @description No worker answered: it is what was last known
             * @constant
             */
            stale?: true;
            releases: components["schemas"]["Release"][];
        } & {
            [key: string]: unknown;
        };
        Release: {
            release: string;
            /** @enum {string} */
            mode: "docker" | "uv" | "fallback";
            /**
             * Format: date-time
             * @example 2026-01-02T03:04:05.000Z
             */
            created_at: string;
            revision?: string;
            deployed_by?: string;
            active: boolean;
            /**
             * @description a rollback went back from it: one without a name passes it over
             * @constant
             */
            rolled_back?: true;
        } & {
            [key: string]: unknown;
        };
        /**
         * @example {
         *       "deployment_services": [
         *         {
         *           "name": "DeploymentServiceAPI",
         *           "type": "deployment_service",
         *           "kind": "web",
         *           "status": "running",
         *           "health": "healthy",
         *           "url": "http://127.0.0.1:8088"
         *         }
         *       ],
         *       "sub_bot_services": [],
         *       "ai_services": [],
         *       "other_services": []
         *     }
         */
        Discovery: {
            deployment_services: components["schemas"]["Discovered"][];
            sub_bot_services: components["schemas"]["Discovered"][];
            ai_services: components["schemas"]["Discovered"][];
            other_services: components["schemas"]["Discovered"][];
        } & {
            [key: string]: unknown;
        };
        Discovered: {
            name: string;
            /** @enum {string} */
            type: "deployment_service" | "sub_bot" | "ai" | "other";
            /** @enum {string} */
            kind: "web" | "worker" | "external";
            /** @enum {string} */
            status: "created" | "initializing" | "running" | "paused" | "stopping" | "stopped" | "error" | "degraded" | "unknown";
            /** @enum {string} */
            health: "healthy" | "degraded" | "unhealthy" | "unknown";
            url: string | null;
        } & {
            [key: string]: unknown;
        };
        /**
         * @example {
         *       "service": "roas-bot",
         *       "status": "unregistering"
         *     }
         */
        Unregistering: {
            service: string;
            /** @constant */
            status: "unregistering";
        } & {
            [key: string]: unknown;
        };
        /**
         * @example {
         *       "service_name": "roas-bot",
         *       "status": "healthy",
         *       "checked_at": "2026-01-02T03:05:00.000Z",
         *       "message": null,
         *       "details": {
         *         "status": "running",
         *         "instance": "roas-bot.000001.uv_20260102_030405_a1b2c3d4",
         *         "host": "host-a1b2c3",
         *         "restarts": 0,
         *         "url": null
         *       }
         *     }
         */
        ServiceHealth: {
            service_name: string;
            /** @enum {string} */
            status: "healthy" | "degraded" | "unhealthy" | "unknown";
            /**
             * Format: date-time
             * @example 2026-01-02T03:04:05.000Z
             */
            checked_at: string;
            message: string | null;
            details: {
                /** @enum {string} */
                status: "created" | "initializing" | "running" | "paused" | "stopping" | "stopped" | "error" | "degraded" | "unknown";
            } & {
                [key: string]: unknown;
            };
            /**
             * @description No worker answered: it is what was last known
             * @constant
             */
            stale?: true;
        } & {
            [key: string]: unknown;
        };
        ServiceEvent: {
            service_name: string;
            /** @enum {string} */
            event_type: "service_registered" | "service_unregistered" | "status_changed" | "health_changed" | "release_activated" | "release_rolled_back" | "process_exited" | "recovery_started" | "recovery_succeeded" | "recovery_gave_up" | "command_completed" | "command_failed";
            /**
             * Format: date-time
             * @example 2026-01-02T03:04:05.000Z
             */
            timestamp: string;
            old_status: string | null;
            new_status: string | null;
            message: string;
            metadata: {
                [key: string]: string | number;
            };
        } & {
            [key: string]: unknown;
        };
        /**
         * @example {
         *       "service": "roas-bot",
         *       "command_id": "cmd_0123456789ab",
         *       "command": "restart",
         *       "status": "accepted",
         *       "events_url": "/api/services/roas-bot/events"
         *     }
         */
        CommandAccepted: {
            service: string;
            command_id: string;
            /** @enum {string} */
            command: "start" | "stop" | "restart" | "rollback";
            /** @constant */
            status: "accepted";
            events_url: string;
        } & {
            [key: string]: unknown;
        };
        /**
         * @example {
         *       "allowed": false,
         *       "reason": "用戶沒有部署權限"
         *     }
         */
        Permission: {
            allowed: boolean;
            reason: string;
        } & {
            [key: string]: unknown;
        };
        Key: {
            id: string;
            /** @enum {string} */
            role: "admin" | "read";
            /**
             * Format: date-time
             * @example 2026-01-02T03:04:05.000Z
             */
            created_at: string;
            /**
             * Format: date-time
             * @example 2026-01-02T03:04:05.000Z
             */
            expires_at?: string;
            policy?: string;
            name?: string;
            scopes?: string[];
            services?: string[];
            budget?: {
                deployments_per_hour?: number;
                in_flight?: number;
            } & {
                [key: string]: unknown;
            };
            /**
             * Format: date-time
             * @description To the minute
             * @example 2026-01-02T03:04:05.000Z
             */
            last_used_at?: string;
        } & {
            [key: string]: unknown;
        };
        /**
         * @example {
         *       "id": "key_0123456789ab",
         *       "key": "slipway_…",
         *       "role": "read"
         *     }
         */
        NewKey: {
            id: string;
            key: string;
            /** @enum {string} */
            role: "admin" | "read";
        } & {
            [key: string]: unknown;
        };
        /**
         * @example {
         *       "code": "p3vK-example",
         *       "login_url": "http://127.0.0.1:8088/temporal/login#p3vK-example",
         *       "expires_at": "2026-01-02T03:14:05.000Z"
         *     }
         */
        LoginCode: {
            code: string;
            login_url: string;
            /**
             * Format: date-time
             * @example 2026-01-02T03:04:05.000Z
             */
            expires_at: string;
        } & {
            [key: string]: unknown;
        };
        /**
         * @example {
         *       "id": "key_0123456789ab",
         *       "token": "slipway_…",
         *       "expires_at": "2026-01-02T15:04:05.000Z"
         *     }
         */
        Session: {
            id: string;
            token: string;
            /**
             * Format: date-time
             * @example 2026-01-02T03:04:05.000Z
             */
            expires_at: string;
        } & {
            [key: string]: unknown;
        };
        /**
         * @example {
         *       "secret": "whsec_…",
         *       "earlier": []
         *     }
         */
        CallbackSecret: {
            secret: string;
            /** @description Digests of Slipway's earlier keys, which can sign too */
            earlier: string[];
        } & {
            [key: string]: unknown;
        };
        AuditEntry: {
            id: string;
            /**
             * Format: date-time
             * @example 2026-01-02T03:04:05.000Z
             */
            at: string;
            key_id: string;
            key_name?: string;
            user_id?: string;
            guild_id?: string;
            /** @enum {string} */
            action: "deploy" | "cancel" | "restart" | "rollback" | "unregister" | "purge" | "variables" | "status" | "progress" | "logs" | "list" | "health" | "administer" | "authenticate";
            target?: {
                service?: string;
                deployment?: string;
                batch?: string;
                key?: string;
                /** @description Permissions of the key that was created or revoked */
                granted?: {
                    /** @enum {string} */
                    role: "admin" | "read";
                    name?: string;
                    scopes?: string[];
                    services?: string[];
                    policy?: string;
                    budget?: {
                        deployments_per_hour?: number;
                        in_flight?: number;
                    } & {
                        [key: string]: unknown;
                    };
                    /**
                     * Format: date-time
                     * @example 2026-01-02T03:04:05.000Z
                     */
                    expires_at?: string;
                } & {
                    [key: string]: unknown;
                };
                count?: number;
                /** @enum {string} */
                isolation?: "any" | "container";
            } & {
                [key: string]: unknown;
            };
            method: string;
            path: string;
            status: number | null;
            /** @enum {string} */
            result: "asked" | "accepted" | "refused";
            address: string;
            suppressed?: number;
        } & {
            [key: string]: unknown;
        };
        /**
         * @example {
         *       "whole": true,
         *       "trails": {
         *         "changes": {
         *           "whole": true,
         *           "complete": true,
         *           "lines": 42,
         *           "unchained": 0,
         *           "torn": 0,
         *           "breaks": [],
         *           "first_at": "2026-01-02T03:04:05.000Z",
         *           "last_at": "2026-02-03T04:05:06.000Z",
         *           "head": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
         *         },
         *         "refusals": {
         *           "whole": true,
         *           "complete": true,
         *           "lines": 42,
         *           "unchained": 0,
         *           "torn": 0,
         *           "breaks": [],
         *           "first_at": "2026-01-02T03:04:05.000Z",
         *           "last_at": "2026-02-03T04:05:06.000Z",
         *           "head": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
         *         }
         *       }
         *     }
         */
        AuditCheck: {
            whole: boolean;
            trails: {
                changes: components["schemas"]["AuditTrailCheck"];
                refusals: components["schemas"]["AuditTrailCheck"];
            } & {
                [key: string]: unknown;
            };
        } & {
            [key: string]: unknown;
        };
        AuditTrailCheck: {
            whole: boolean;
            /** @description Whether the first line ever written is still there */
            complete: boolean;
            lines: number;
            /** @description Lines of an earlier version, which nothing protects */
            unchained: number;
            /** @description Lines that were cut by the end of a process, or by a full disk */
            torn: number;
            breaks: ({
                file: string;
                line: number;
                /** @enum {string} */
                reason: "changed_or_missing" | "missing_before" | "not_chained";
            } & {
                [key: string]: unknown;
            })[];
            first_at: string | null;
            last_at: string | null;
            /** @description SHA-256 of the last line */
            head: string | null;
        } & {
            [key: string]: unknown;
        };
        /**
         * @example {
         *       "status": "ready"
         *     }
         */
        Probe: {
            status: string;
        } & {
            [key: string]: unknown;
        };
        __schema3: string | number | boolean | null | components["schemas"]["__schema3"][] | {
            [key: string]: components["schemas"]["__schema3"];
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    getHealth: {
        parameters: {
            query?: never;
            header?: {
                /** @description `en` for English texts */
                "Accept-Language"?: string;
                /** @description For whom a bound key calls */
                "X-User-Id"?: string;
                /** @description Where */
                "X-Guild-Id"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Health"];
                };
            };
            /** @description `malformed` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `malformed` */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `temporal_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                    "application/json": components["schemas"]["Health"];
                };
            };
        };
    };
    getDeploymentsHealth: {
        parameters: {
            query?: never;
            header?: {
                /** @description `en` for English texts */
                "Accept-Language"?: string;
                /** @description For whom a bound key calls */
                "X-User-Id"?: string;
                /** @description Where */
                "X-Guild-Id"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Health"];
                };
            };
            /** @description `malformed` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `malformed` */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `temporal_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                    "application/json": components["schemas"]["Health"];
                };
            };
        };
    };
    listDeployments: {
        parameters: {
            query?: {
                limit?: number;
                status?: "queued" | "accepted" | "running" | "completed" | "failed" | "cancelled";
                mode?: "auto" | "docker" | "uv" | "fallback";
                service?: string;
                batch_id?: string;
                cursor?: string;
            };
            header?: {
                /** @description `en` for English texts */
                "Accept-Language"?: string;
                /** @description For whom a bound key calls */
                "X-User-Id"?: string;
                /** @description Where */
                "X-Guild-Id"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Deployment"][];
                };
            };
            /** @description `malformed` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `malformed` */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `temporal_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    startDeployment: {
        parameters: {
            query?: never;
            header?: {
                /** @description `en` for English texts */
                "Accept-Language"?: string;
                /** @description The same key and body answer the first answer again, for 24 h */
                "Idempotency-Key"?: string;
                /** @description For whom a bound key calls */
                "X-User-Id"?: string;
                /** @description Where */
                "X-Guild-Id"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "mode": "auto",
                 *       "environment": "prod",
                 *       "metadata": {
                 *         "initiated_by": "user_12345"
                 *       },
                 *       "config": {
                 *         "service": "roas-bot",
                 *         "source": {
                 *           "type": "git",
                 *           "url": "https://git.example.com/roas/bot.git",
                 *           "ref": "main"
                 *         },
                 *         "environment_variables": {
                 *           "DISCORD_TOKEN": "…"
                 *         },
                 *         "persist": [
                 *           "bot.db"
                 *         ]
                 *       }
                 *     }
                 */
                "application/json": {
                    /**
                     * @default auto
                     * @enum {string}
                     */
                    mode?: "auto" | "docker" | "uv" | "fallback";
                    /**
                     * @default dev
                     * @enum {string}
                     */
                    environment?: "dev" | "staging" | "prod";
                    /** @default 300 */
                    timeout?: number;
                    /** @default false */
                    force_rebuild?: boolean;
                    /** @default false */
                    skip_health_check?: boolean;
                    callback_url?: string;
                    /** @default {} */
                    metadata?: {
                        [key: string]: components["schemas"]["__schema0"];
                    };
                    /** @default {} */
                    config?: {
                        /** @default {} */
                        environment_variables?: {
                            [key: string]: string | {
                                value: string;
                                /** @default true */
                                secret?: boolean;
                            };
                        };
                        build_variables?: {
                            [key: string]: string;
                        };
                        profile?: string;
                        /** @default false */
                        notifications_enabled?: boolean;
                        service?: string;
                        source?: {
                            /** @constant */
                            type: "directory";
                            path: string;
                            subdirectory?: string;
                        } | {
                            /** @constant */
                            type: "git";
                            url: string;
                            ref?: string;
                            subdirectory?: string;
                            token?: string;
                            username?: string;
                        } | {
                            /** @constant */
                            type: "archive";
                            upload_id: string;
                            subdirectory?: string;
                        };
                        process?: string;
                        command?: string;
                        release_command?: string;
                        port?: number | null;
                        python?: string;
                        persist?: string[];
                        fallback_modes?: ("docker" | "uv" | "fallback")[];
                        resources?: {
                            memory_mb?: number;
                            cpus?: number;
                        };
                        /** @default {} */
                        health_check?: {
                            path?: string;
                            expect?: number[];
                            /** @default 60 */
                            timeout?: number;
                            /** @default 1 */
                            interval?: number;
                            /** @default 5 */
                            min_uptime?: number;
                        };
                        restart?: {
                            /** @default 200 */
                            max_per_day?: number;
                            /** @default 15m */
                            backoff_max?: string;
                        };
                        /** @enum {string} */
                        when_full?: "reject" | "queue";
                        /** @default false */
                        supersede?: boolean;
                    };
                    /** @enum {string} */
                    when_full?: "reject" | "queue";
                };
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Started"];
                };
            };
            /** @description `malformed` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `reserved` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid`, `idempotency_key_reused` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`, `concurrency_limit`, `queue_full` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `malformed` */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `temporal_unavailable`, `audit_unavailable`, `engine_unavailable`, `tool_missing`, `python_unavailable`, `maintenance` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getDeployment: {
        parameters: {
            query?: never;
            header?: {
                /** @description `en` for English texts */
                "Accept-Language"?: string;
                /** @description For whom a bound key calls */
                "X-User-Id"?: string;
                /** @description Where */
                "X-Guild-Id"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Deployment"];
                };
            };
            /** @description `malformed` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `malformed` */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `temporal_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getProgress: {
        parameters: {
            query?: never;
            header?: {
                /** @description `en` for English texts */
                "Accept-Language"?: string;
                /** @description For whom a bound key calls */
                "X-User-Id"?: string;
                /** @description Where */
                "X-Guild-Id"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Progress"];
                    /**
                     * @example id: 5
                     *     event: progress
                     *     data: {"deployment_id":"uv_20260102_030405_a1b2c3d4","status":"running","current_step":"安裝依賴","step":"install","active_mode":"uv","progress_percentage":32.1,"completed_steps":2,"total_steps":5,"estimated_time_remaining":81,"last_update":"2026-01-02T03:04:06.000Z","detail":null}
                     */
                    "text/event-stream": string;
                };
            };
            /** @description `malformed` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_acceptable` */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `malformed` */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `temporal_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getDeploymentLogs: {
        parameters: {
            query?: {
                since?: string;
                tail?: number;
                step?: "prepare" | "check" | "install" | "configure" | "start";
            };
            header?: {
                /** @description `en` for English texts */
                "Accept-Language"?: string;
                /** @description For whom a bound key calls */
                "X-User-Id"?: string;
                /** @description Where */
                "X-Guild-Id"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /** @example {"ts":"2026-01-02T03:04:06.000Z","step":"install","stream":"stdout","line":"Installed 12 packages"} */
                    "text/plain": string;
                    /** @example {"ts":"2026-01-02T03:04:06.000Z","step":"install","stream":"stdout","line":"Installed 12 packages"} */
                    "application/x-ndjson": string;
                    /**
                     * @example id: 1024
                     *     event: log
                     *     data: {"ts":"2026-01-02T03:04:06.000Z","step":"install","stream":"stdout","line":"Installed 12 packages"}
                     */
                    "text/event-stream": string;
                };
            };
            /** @description `malformed` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_acceptable` */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `malformed` */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `temporal_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listCallbacks: {
        parameters: {
            query?: never;
            header?: {
                /** @description `en` for English texts */
                "Accept-Language"?: string;
                /** @description For whom a bound key calls */
                "X-User-Id"?: string;
                /** @description Where */
                "X-Guild-Id"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Delivery"][];
                };
            };
            /** @description `malformed` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `malformed` */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `temporal_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    cancelDeployment: {
        parameters: {
            query?: never;
            header?: {
                /** @description `en` for English texts */
                "Accept-Language"?: string;
                /** @description For whom a bound key calls */
                "X-User-Id"?: string;
                /** @description Where */
                "X-Guild-Id"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /** @example {} */
                "application/json": components["schemas"]["__schema1"];
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Cancelled"];
                };
            };
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Cancelled"];
                };
            };
            /** @description `malformed` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `already_finished` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `malformed` */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `temporal_unavailable`, `audit_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    uploadSource: {
        parameters: {
            query?: never;
            header?: {
                /** @description `en` for English texts */
                "Accept-Language"?: string;
                /** @description For whom a bound key calls */
                "X-User-Id"?: string;
                /** @description Where */
                "X-Guild-Id"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/gzip": string;
            };
        };
        responses: {
            /** @description Made */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Upload"];
                };
            };
            /** @description `malformed` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `malformed` */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `temporal_unavailable`, `audit_unavailable`, `disk_full`, `maintenance` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    startBatch: {
        parameters: {
            query?: never;
            header?: {
                /** @description `en` for English texts */
                "Accept-Language"?: string;
                /** @description The same key and body answer the first answer again, for 24 h */
                "Idempotency-Key"?: string;
                /** @description For whom a bound key calls */
                "X-User-Id"?: string;
                /** @description Where */
                "X-Guild-Id"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "deployments": [
                 *         {
                 *           "mode": "auto",
                 *           "environment": "prod",
                 *           "metadata": {
                 *             "initiated_by": "user_12345"
                 *           },
                 *           "config": {
                 *             "service": "roas-bot",
                 *             "source": {
                 *               "type": "git",
                 *               "url": "https://git.example.com/roas/bot.git",
                 *               "ref": "main"
                 *             },
                 *             "environment_variables": {
                 *               "DISCORD_TOKEN": "…"
                 *             },
                 *             "persist": [
                 *               "bot.db"
                 *             ]
                 *           }
                 *         }
                 *       ],
                 *       "on_failure": "continue",
                 *       "max_parallel": 3
                 *     }
                 */
                "application/json": {
                    deployments: unknown[];
                    /**
                     * @default continue
                     * @enum {string}
                     */
                    on_failure?: "continue" | "stop";
                    max_parallel?: number;
                };
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Batch"];
                };
            };
            /** @description `malformed` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `reserved` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid`, `idempotency_key_reused` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`, `concurrency_limit`, `queue_full` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `malformed` */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `temporal_unavailable`, `audit_unavailable`, `engine_unavailable`, `tool_missing`, `python_unavailable`, `maintenance` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getBatch: {
        parameters: {
            query?: never;
            header?: {
                /** @description `en` for English texts */
                "Accept-Language"?: string;
                /** @description For whom a bound key calls */
                "X-User-Id"?: string;
                /** @description Where */
                "X-Guild-Id"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Batch"];
                };
            };
            /** @description `malformed` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `malformed` */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `temporal_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    cancelBatch: {
        parameters: {
            query?: never;
            header?: {
                /** @description `en` for English texts */
                "Accept-Language"?: string;
                /** @description For whom a bound key calls */
                "X-User-Id"?: string;
                /** @description Where */
                "X-Guild-Id"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /** @example {} */
                "application/json": components["schemas"]["__schema2"];
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BatchCancelled"];
                };
            };
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BatchCancelled"];
                };
            };
            /** @description `malformed` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `already_finished` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `malformed` */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `temporal_unavailable`, `audit_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listServices: {
        parameters: {
            query?: {
                limit?: number;
                cursor?: string;
            };
            header?: {
                /** @description `en` for English texts */
                "Accept-Language"?: string;
                /** @description For whom a bound key calls */
                "X-User-Id"?: string;
                /** @description Where */
                "X-Guild-Id"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ServiceRow"][];
                };
            };
            /** @description `malformed` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `malformed` */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `temporal_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    registerService: {
        parameters: {
            query?: never;
            header?: {
                /** @description `en` for English texts */
                "Accept-Language"?: string;
                /** @description For whom a bound key calls */
                "X-User-Id"?: string;
                /** @description Where */
                "X-Guild-Id"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "roas-bot",
                 *       "kind": "worker",
                 *       "type": "sub_bot",
                 *       "depends_on": []
                 *     }
                 */
                "application/json": {
                    name: string;
                    /** @enum {string} */
                    kind?: "web" | "worker" | "external";
                    /**
                     * @default other
                     * @enum {string}
                     */
                    type?: "deployment_service" | "sub_bot" | "ai" | "other";
                    /** @default [] */
                    depends_on?: string[];
                    health_url?: string;
                    /** @enum {string} */
                    isolation?: "any" | "container";
                };
            };
        };
        responses: {
            /** @description Made */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Service"];
                };
            };
            /** @description `malformed` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `name_taken`, `reserved`, `registry_full` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `malformed` */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `temporal_unavailable`, `audit_unavailable`, `maintenance` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    discoverServices: {
        parameters: {
            query?: never;
            header?: {
                /** @description `en` for English texts */
                "Accept-Language"?: string;
                /** @description For whom a bound key calls */
                "X-User-Id"?: string;
                /** @description Where */
                "X-Guild-Id"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Discovery"];
                };
            };
            /** @description `malformed` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `malformed` */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `temporal_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getService: {
        parameters: {
            query?: never;
            header?: {
                /** @description `en` for English texts */
                "Accept-Language"?: string;
                /** @description For whom a bound key calls */
                "X-User-Id"?: string;
                /** @description Where */
                "X-Guild-Id"?: string;
            };
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Service"];
                };
            };
            /** @description `malformed` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `malformed` */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `temporal_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    unregisterService: {
        parameters: {
            query?: {
                force?: "true" | "false";
                purge?: "true" | "false";
            };
            header?: {
                /** @description `en` for English texts */
                "Accept-Language"?: string;
                /** @description For whom a bound key calls */
                "X-User-Id"?: string;
                /** @description Where */
                "X-Guild-Id"?: string;
            };
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Unregistering"];
                };
            };
            /** @description Done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `malformed` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `reserved`, `has_dependants` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `malformed` */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `temporal_unavailable`, `audit_unavailable`, `maintenance` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    patchService: {
        parameters: {
            query?: never;
            header?: {
                /** @description `en` for English texts */
                "Accept-Language"?: string;
                /** @description For whom a bound key calls */
                "X-User-Id"?: string;
                /** @description Where */
                "X-Guild-Id"?: string;
            };
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "type": "ai",
                 *       "depends_on": [
                 *         "lavalink"
                 *       ]
                 *     }
                 */
                "application/json": {
                    name?: unknown;
                    kind?: unknown;
                    /** @enum {string} */
                    type?: "deployment_service" | "sub_bot" | "ai" | "other";
                    depends_on?: string[];
                    health_url?: string;
                    /** @enum {string} */
                    isolation?: "any" | "container";
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Service"];
                };
            };
            /** @description `malformed` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `reserved`, `registry_full` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `malformed` */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `temporal_unavailable`, `audit_unavailable`, `maintenance` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getServiceHealth: {
        parameters: {
            query?: never;
            header?: {
                /** @description `en` for English texts */
                "Accept-Language"?: string;
                /** @description For whom a bound key calls */
                "X-User-Id"?: string;
                /** @description Where */
                "X-Guild-Id"?: string;
            };
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ServiceHealth"];
                };
            };
            /** @description `malformed` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `malformed` */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `temporal_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listServiceEvents: {
        parameters: {
            query?: {
                limit?: number;
            };
            header?: {
                /** @description `en` for English texts */
                "Accept-Language"?: string;
                /** @description For whom a bound key calls */
                "X-User-Id"?: string;
                /** @description Where */
                "X-Guild-Id"?: string;
            };
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ServiceEvent"][];
                };
            };
            /** @description `malformed` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `malformed` */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `temporal_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listReleases: {
        parameters: {
            query?: never;
            header?: {
                /** @description `en` for English texts */
                "Accept-Language"?: string;
                /** @description For whom a bound key calls */
                "X-User-Id"?: string;
                /** @description Where */
                "X-Guild-Id"?: string;
            };
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Release"][];
                };
            };
            /** @description `malformed` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `malformed` */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `temporal_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getServiceLogs: {
        parameters: {
            query?: {
                since?: string;
                tail?: number;
                step?: "prepare" | "check" | "install" | "configure" | "start";
            };
            header?: {
                /** @description `en` for English texts */
                "Accept-Language"?: string;
                /** @description For whom a bound key calls */
                "X-User-Id"?: string;
                /** @description Where */
                "X-Guild-Id"?: string;
            };
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /** @example {"ts":"2026-01-02T03:04:06.000Z","step":"install","stream":"stdout","line":"Installed 12 packages"} */
                    "text/plain": string;
                    /** @example {"ts":"2026-01-02T03:04:06.000Z","step":"install","stream":"stdout","line":"Installed 12 packages"} */
                    "application/x-ndjson": string;
                    /**
                     * @example id: 1024
                     *     event: log
                     *     data: {"ts":"2026-01-02T03:04:06.000Z","step":"install","stream":"stdout","line":"Installed 12 packages"}
                     */
                    "text/event-stream": string;
                };
            };
            /** @description `malformed` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_acceptable` */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `malformed` */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `temporal_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    startService: {
        parameters: {
            query?: never;
            header?: {
                /** @description `en` for English texts */
                "Accept-Language"?: string;
                /** @description For whom a bound key calls */
                "X-User-Id"?: string;
                /** @description Where */
                "X-Guild-Id"?: string;
            };
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /** @example {} */
                "application/json": Record<string, never>;
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CommandAccepted"];
                };
            };
            /** @description `malformed` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `reserved` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `malformed` */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `temporal_unavailable`, `audit_unavailable`, `maintenance` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    stopService: {
        parameters: {
            query?: never;
            header?: {
                /** @description `en` for English texts */
                "Accept-Language"?: string;
                /** @description For whom a bound key calls */
                "X-User-Id"?: string;
                /** @description Where */
                "X-Guild-Id"?: string;
            };
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /** @example {} */
                "application/json": Record<string, never>;
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CommandAccepted"];
                };
            };
            /** @description `malformed` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `reserved` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `malformed` */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `temporal_unavailable`, `audit_unavailable`, `maintenance` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    restartService: {
        parameters: {
            query?: never;
            header?: {
                /** @description `en` for English texts */
                "Accept-Language"?: string;
                /** @description For whom a bound key calls */
                "X-User-Id"?: string;
                /** @description Where */
                "X-Guild-Id"?: string;
            };
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /** @example {} */
                "application/json": Record<string, never>;
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CommandAccepted"];
                };
            };
            /** @description `malformed` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `reserved` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `malformed` */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `temporal_unavailable`, `audit_unavailable`, `maintenance` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    rollbackService: {
        parameters: {
            query?: never;
            header?: {
                /** @description `en` for English texts */
                "Accept-Language"?: string;
                /** @description For whom a bound key calls */
                "X-User-Id"?: string;
                /** @description Where */
                "X-Guild-Id"?: string;
            };
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "release": "uv_20260102_030405_a1b2c3d4"
                 *     }
                 */
                "application/json": {
                    release?: string;
                };
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CommandAccepted"];
                };
            };
            /** @description `malformed` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `reserved` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `malformed` */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `temporal_unavailable`, `audit_unavailable`, `maintenance` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    checkPermission: {
        parameters: {
            query: {
                user_id: string;
                guild_id: string;
                action: "deploy" | "cancel" | "restart" | "rollback" | "unregister" | "purge" | "variables" | "status" | "progress" | "logs" | "list" | "health";
                policy?: string;
                service?: string;
            };
            header?: {
                /** @description `en` for English texts */
                "Accept-Language"?: string;
                /** @description For whom a bound key calls */
                "X-User-Id"?: string;
                /** @description Where */
                "X-Guild-Id"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Permission"];
                };
            };
            /** @description `malformed` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `malformed` */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `temporal_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listKeys: {
        parameters: {
            query?: never;
            header?: {
                /** @description `en` for English texts */
                "Accept-Language"?: string;
                /** @description For whom a bound key calls */
                "X-User-Id"?: string;
                /** @description Where */
                "X-Guild-Id"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Key"][];
                };
            };
            /** @description `malformed` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `malformed` */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `temporal_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createKey: {
        parameters: {
            query?: never;
            header?: {
                /** @description `en` for English texts */
                "Accept-Language"?: string;
                /** @description For whom a bound key calls */
                "X-User-Id"?: string;
                /** @description Where */
                "X-Guild-Id"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "role": "admin",
                 *       "name": "CI of roas",
                 *       "scopes": [
                 *         "deploy",
                 *         "status"
                 *       ],
                 *       "services": [
                 *         "roas-*"
                 *       ]
                 *     }
                 */
                "application/json": {
                    /** @enum {string} */
                    role: "admin" | "read";
                    /** Format: date-time */
                    expires?: string;
                    policy?: string;
                    name?: string;
                    scopes?: ("deploy" | "cancel" | "restart" | "rollback" | "unregister" | "purge" | "variables" | "status" | "progress" | "logs" | "list" | "health")[];
                    services?: string[];
                    budget?: {
                        deployments_per_hour?: number;
                        in_flight?: number;
                    };
                };
            };
        };
        responses: {
            /** @description Made */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NewKey"];
                };
            };
            /** @description `malformed` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `malformed` */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `temporal_unavailable`, `audit_unavailable`, `disk_full` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    revokeKey: {
        parameters: {
            query?: never;
            header?: {
                /** @description `en` for English texts */
                "Accept-Language"?: string;
                /** @description For whom a bound key calls */
                "X-User-Id"?: string;
                /** @description Where */
                "X-Guild-Id"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `malformed` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `reserved` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `malformed` */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `temporal_unavailable`, `audit_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createLoginCode: {
        parameters: {
            query?: never;
            header?: {
                /** @description `en` for English texts */
                "Accept-Language"?: string;
                /** @description For whom a bound key calls */
                "X-User-Id"?: string;
                /** @description Where */
                "X-Guild-Id"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /** @example {} */
                "application/json": Record<string, never>;
            };
        };
        responses: {
            /** @description Made */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LoginCode"];
                };
            };
            /** @description `malformed` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `malformed` */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `temporal_unavailable`, `audit_unavailable`, `disk_full` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createSession: {
        parameters: {
            query?: never;
            header?: {
                /** @description `en` for English texts */
                "Accept-Language"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "code": "p3vK-example"
                 *     }
                 */
                "application/json": {
                    code: string;
                };
            };
        };
        responses: {
            /** @description Made */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
            /** @description `malformed` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `malformed` */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `temporal_unavailable`, `audit_unavailable`, `disk_full` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getCallbackSecret: {
        parameters: {
            query?: never;
            header?: {
                /** @description `en` for English texts */
                "Accept-Language"?: string;
                /** @description For whom a bound key calls */
                "X-User-Id"?: string;
                /** @description Where */
                "X-Guild-Id"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "url": "https://hooks.example.com/bot"
                 *     }
                 */
                "application/json": {
                    url: string;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CallbackSecret"];
                };
            };
            /** @description `malformed` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `malformed` */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `temporal_unavailable`, `audit_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listAudit: {
        parameters: {
            query?: {
                limit?: number;
                since?: string;
                until?: string;
                key?: string;
                service?: string;
                result?: "asked" | "accepted" | "refused";
                trail?: "changes" | "refusals";
                format?: "json" | "ndjson";
            };
            header?: {
                /** @description `en` for English texts */
                "Accept-Language"?: string;
                /** @description For whom a bound key calls */
                "X-User-Id"?: string;
                /** @description Where */
                "X-Guild-Id"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AuditEntry"][];
                    /** @example {"id":"5b6a2c1e-0d3f-4a8b-9c7d-1e2f3a4b5c6d","at":"2026-01-02T03:04:05.000Z","key_id":"key_admin","action":"deploy","target":{"service":"roas-bot","deployment":"uv_20260102_030405_a1b2c3d4"},"method":"POST","path":"/api/deployments","status":202,"result":"accepted","address":"127.0.0.1"} */
                    "application/x-ndjson": string;
                };
            };
            /** @description `malformed` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `malformed` */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `temporal_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    verifyAudit: {
        parameters: {
            query?: never;
            header?: {
                /** @description `en` for English texts */
                "Accept-Language"?: string;
                /** @description For whom a bound key calls */
                "X-User-Id"?: string;
                /** @description Where */
                "X-Guild-Id"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AuditCheck"];
                };
            };
            /** @description `malformed` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `malformed` */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `temporal_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getDescription: {
        parameters: {
            query?: never;
            header?: {
                /** @description `en` for English texts */
                "Accept-Language"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        openapi: string;
                    } & {
                        [key: string]: unknown;
                    };
                };
            };
            /** @description `malformed` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `malformed` */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `temporal_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getDocs: {
        parameters: {
            query?: never;
            header?: {
                /** @description `en` for English texts */
                "Accept-Language"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /** @example <!doctype html> */
                    "text/html": string;
                };
            };
            /** @description `malformed` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `malformed` */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `temporal_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getLiveness: {
        parameters: {
            query?: never;
            header?: {
                /** @description `en` for English texts */
                "Accept-Language"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Probe"];
                };
            };
            /** @description `malformed` */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getReadiness: {
        parameters: {
            query?: never;
            header?: {
                /** @description `en` for English texts */
                "Accept-Language"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Probe"];
                };
            };
            /** @description `malformed` */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `temporal_unavailable`, `maintenance` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getMetrics: {
        parameters: {
            query?: never;
            header?: {
                /** @description `en` for English texts */
                "Accept-Language"?: string;
                /** @description For whom a bound key calls */
                "X-User-Id"?: string;
                /** @description Where */
                "X-Guild-Id"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /** @example slipway_slots 3 */
                    "text/plain": string;
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `malformed` */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
}
