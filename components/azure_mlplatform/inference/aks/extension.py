"""Extensions of a cluster (Microsoft.KubernetesConfiguration): Azure ML's, and Flux with a Git source."""

from typing import Any

import pulumi_azure_native as native

from ...catalogue.vm_sizes import Accelerator
from ...parts.arguments import In
from ...parts.component import Component, child, without_none
from ...parts.outputs import known_value_of
from ...parts.placement import Placement
from .cluster import Cluster
from .settings.aks import AKSSettings
from .settings.gitops import GitOpsSettings


def azureml_extension(
    parent: Component, cluster: Cluster, settings: AKSSettings
) -> "native.kubernetesconfiguration.Extension":
    """Installs Azure ML's extension, for inference, and for training if the settings say so.

    Its settings are those that the Azure CLI sends ("Deploy Azure Machine Learning extension"; azure-cli-extensions,
    partner_extensions/AzureMLKubernetes.py). All values are strings.
    """
    highly_available = parent.placement.profile.highly_available
    made = native.kubernetesconfiguration.Extension(
        parent.logical_name("extension"),
        extension_name="azureml",
        extension_type="Microsoft.AzureML.Kubernetes",
        **_on(cluster),
        identity={"type": native.kubernetesconfiguration.ResourceIdentityType.SYSTEM_ASSIGNED},
        auto_upgrade_minor_version=True,
        release_train="stable",
        scope={"cluster": {"release_namespace": "azureml"}},
        configuration_settings={
            **_derived(parent.placement, cluster),
            **_router(settings, highly_available),
            **_devices(settings),
            **_training(settings),
        },
        opts=child(parent, depends_on=cluster.writes.before),
    )
    return cluster.writes.then(made)


def _on(cluster: Cluster) -> dict[str, Any]:
    """The arguments that identify the cluster of an extension."""
    return {
        "cluster_rp": "Microsoft.ContainerService",
        "cluster_resource_name": "managedClusters",
        "cluster_name": cluster.name,
        "resource_group_name": cluster.group,
    }


def _derived(placement: Placement, cluster: Cluster) -> dict[str, In[str]]:
    """The settings that the CLI derives. The extension does not work without them."""
    return {
        "cluster_name": cluster.id,
        "clusterId": cluster.id,
        "cluster_name_friendly": cluster.name,
        "clusterPurpose": "FastProd" if placement.profile.highly_available else "DevTest",
        "domain": f"{placement.location}.cloudapp.azure.com",
        "jobSchedulerLocation": placement.location,
        "location": placement.location,
        "nginxIngress.enabled": "true",
        "prometheus.prometheusSpec.externalLabels.cluster_name": cluster.id,
        "relayserver.enabled": "false",
        "servicebus.enabled": "false",
    }


def _router(settings: AKSSettings, highly_available: bool) -> dict[str, In[str]]:
    """The settings of the router: a load balancer inside the network receives the calls."""
    return {
        "enableInference": "True",
        "inferenceRouterServiceType": "LoadBalancer",
        "internalLoadBalancerProvider": "azure",
        "scoringFe.serviceType.internalLoadBalancer": "True",
        "inferenceRouterHA": str(highly_available),
        "allowInsecureConnections": str(settings.https is None),
        **without_none(
            sslCname=settings.https.cname if settings.https else None,
            **{"scoringFe.sslSecret": settings.https.secret_name if settings.https else None},
        ),
    }


def _devices(settings: AKSSettings) -> dict[str, In[str]]:
    """The settings of NVIDIA's device plugin, which AKS does not install. With MIG, the plugin comes from a Git source,
    and two on one node would conflict."""
    gpus = [each for each in settings.pools if each.accelerator is Accelerator.GPU]
    own = bool(gpus) and not any(each.mig_profile for each in gpus)
    tolerated: dict[str, In[str]] = {}
    if any(each.spot for each in settings.pools):
        # AKS itself taints spot nodes. Microsoft uses this setting, but does not document it.
        tolerated = {
            f"workLoadToleration[0].{key}": value
            for key, value in (
                ("key", "kubernetes.azure.com/scalesetpriority"),
                ("operator", "Equal"),
                ("value", "spot"),
                ("effect", "NoSchedule"),
            )
        }
    return {
        "installNvidiaDevicePlugin": str(own),
        "installDcgmExporter": str(own),
        "installPromOp": "True",
        **tolerated,
    }


def _training(settings: AKSSettings) -> dict[str, In[str]]:
    return {
        "enableTraining": str(settings.training),
        "installVolcano": str(settings.training),
        **without_none(
            **{
                "volcanoScheduler.schedulerConfigMap": settings.scheduler_config_map,
                "amloperator.skipResourceValidation": "true" if settings.scheduler_config_map else None,
            }
        ),
    }


def gitops(parent: Component, cluster: Cluster, source: GitOpsSettings) -> None:
    """Installs Flux, and sets what it applies to the cluster. Azure reports only that it accepted a source, not that it
    applied it."""
    flux = native.kubernetesconfiguration.Extension(
        parent.logical_name("flux"),
        extension_name="flux",
        extension_type="microsoft.flux",
        **_on(cluster),
        identity={"type": native.kubernetesconfiguration.ResourceIdentityType.SYSTEM_ASSIGNED},
        auto_upgrade_minor_version=True,
        scope={"cluster": {"release_namespace": "flux-system"}},
        opts=child(parent, depends_on=cluster.writes.before),
    )
    cluster.writes.then(flux)
    made = native.kubernetesconfiguration.FluxConfiguration(
        parent.logical_name("gitops"),
        flux_configuration_name="ml-platform",
        **_on(cluster._replace(name=known_value_of(flux, cluster.name))),
        namespace="ml-platform",
        scope="cluster",
        source_kind="GitRepository",
        git_repository={
            "url": source.url,
            "repository_ref": without_none(branch=source.branch, tag=source.tag, commit=source.commit),
            "sync_interval_in_seconds": source.interval_seconds,
        },
        kustomizations={
            each.name: {"path": each.path, "prune": True, "sync_interval_in_seconds": source.interval_seconds}
            for each in source.kustomizations
        },
        opts=child(parent, depends_on=cluster.writes.before),
    )
    cluster.writes.then(made)
